"""Listening tests after ITU-R BS.1534-3 (MUSHRA): a page that listeners answer in a browser."""

from patchwright.experiments.compare.listening.page import write_listening

__all__ = ["write_listening"]
