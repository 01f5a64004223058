"""A lock that lets one process at a time write to a folder."""

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
