"""Locks that let one process at a time write to a folder, or do one of its runs."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock

from patchwright.experiments.errors import ExperimentError
from patchwright.synths.whole_file import own_file


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder, and create the folder if needed.

    Raises:
        ExperimentError: If another process holds the lock.
        SynthError: If the lock is a link.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(own_file(folder / ".lock"), blocking=False):
            yield
    except filelock.Timeout:
        raise ExperimentError(
            f"{folder} is in use by another process: wait for it, or give another --out."
        ) from None


@contextlib.contextmanager
def claimed(folder: Path, name: str) -> Iterator[bool]:
    """Claim something that only one process at a time may work on.

    The claim is a lock on an empty file, which the kernel releases when the process ends.

    Args:
        folder: Folder of the claims; it is created if needed.
        name: Name of the work, such as its hash.

    Yields:
        True if the claim is held until the end of the block, False if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / name, blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
