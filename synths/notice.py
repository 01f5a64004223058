"""Warnings about files that are read nevertheless."""

import functools
import logging

_log = logging.getLogger(__name__)


@functools.lru_cache(maxsize=1024)
def warn(sentence: str) -> None:
    """Log a warning, once in this process; without other settings, logging prints it to stderr.

    Args:
        sentence: What was found, where, and what was made of it.
    """
    _log.warning("%s", sentence)
