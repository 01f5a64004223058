"""Files that are written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file so that no reader, and no crash, ever sees half of it.

    Args:
        path: File to write or replace.

    Yields:
        Path to write to; it becomes `path` when the block ends, and is removed if it fails.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
