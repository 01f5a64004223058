"""Files from outside, read within limits."""

import os
import stat
from pathlib import Path

from patchwright.synths.errors import SynthError

# a FIFO without a writer would block; Windows would translate line ends
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_outside(
    path: str | Path, *, kind: str, max_bytes: int, mend: str = "choose another"
) -> bytes:
    """Read a file from outside: a regular file, or a link to one, of limited size.

    Devices, FIFOs, sockets and folders are refused without being read. No more than `max_bytes` + 1
    bytes are ever read, whatever the size that the file states.

    Args:
        path: Path of the file.
        kind: Kind of the file with its article, such as ``a preset``, for messages.
        max_bytes: Maximum size in bytes.
        mend: What to do about a file that is too large, for messages.

    Returns:
        Bytes of the file.

    Raises:
        SynthError: If the file does not exist, cannot be read, is not a regular file, or is too
            large.

    Examples:
        >>> read_outside("/dev/zero", kind="a preset", max_bytes=1000)
        Traceback (most recent call last):
        patchwright.synths.errors.SynthError: /dev/zero is a device: give the path of a preset.
    """
    try:
        _check_regular(path, Path(path).stat().st_mode, kind)
        with os.fdopen(os.open(path, _FLAGS), "rb", buffering=0) as stream:
            status = os.fstat(stream.fileno())
            _check_regular(path, status.st_mode, kind)
            data = _read(stream.fileno(), max_bytes + 1) if status.st_size <= max_bytes else None
    except SynthError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a 0 byte in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SynthError(f"{path} cannot be read ({reason}): give the path of {kind}.") from error
    if data is None or len(data) > max_bytes:
        raise SynthError(f"{path} is larger than {_size(max_bytes)}, the limit for {kind}: {mend}.")
    return data


def is_file(path: Path) -> bool:
    """Return whether a path leads to a regular file; not so if no file can have its name."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # such as a name that is too long
        return False


def _check_regular(path: str | Path, mode: int, kind: str) -> None:
    if not stat.S_ISREG(mode):
        known = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
        found = next((name for is_kind, name in known if is_kind(mode)), "a device")
        raise SynthError(f"{path} is {found}: give the path of {kind}.")


def _read(descriptor: int, most: int) -> bytes:
    """Read up to `most` bytes, because one call may return fewer."""
    parts, left = [], most
    while left > 0 and (part := os.read(descriptor, min(left, 2**20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 2**20 and count % 2**20 == 0 else f"{count:,} bytes"
