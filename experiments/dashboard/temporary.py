"""Temporary folders of which none stays, although a killed process cannot remove its own."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

_PREFIX = "patchwright-sounds-"
_LOCK = ".lock"
_YOUNG = 60.0  # seconds in which a folder may be about to be locked


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that is removed at the end, and remove those of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is in use, of another user, or being removed
            _remove_left(folder)
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX) as made,
        filelock.FileLock(Path(made) / _LOCK),
    ):
        yield Path(made)


def _remove_left(folder: Path) -> None:
    lock = folder / _LOCK
    stat = lock.lstat()
    own = not hasattr(os, "getuid") or stat.st_uid == os.getuid()
    if own and stat.st_mtime < time.time() - _YOUNG:
        with filelock.FileLock(lock, blocking=False):
            shutil.rmtree(folder)
