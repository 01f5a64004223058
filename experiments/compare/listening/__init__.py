"""Listening tests according to ITU-R BS.1534-3 (MUSHRA), on a page in the browser."""

from patchwright.experiments.compare.listening.page import write_listening

__all__ = ["write_listening"]
