"""Sound files whose headers do not tell how much sound follows."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_UNKNOWN = 0x7FFF_0000  # larger sizes of a WAV file are those of programs that cannot know them
_LONGER = 64  # frames of an MP3 file differ in size by up to 40 times
_FIRST_FRAME = 4096  # bytes that hold the first frame of an MP3 file
_TAG = 128  # bytes at the end of a file that mpg123 has to be able to read, for an ID3v1 tag


class AmendedFile(io.FileIO):
    """File that a decoder reads with other bytes in its header, or that claims to be longer.

    Args:
        path: File to read.
        at: Position of the bytes to replace.
        replacement: Bytes that stand there instead.
        longer: Factor of the size that is claimed. Beyond the true end there is nothing to read,
            but for an empty tag at the claimed end.
    """

    def __init__(self, path: Path, *, at: int = 0, replacement: bytes = b"", longer: int = 1):
        super().__init__(path)
        self._at, self._replacement = at, replacement
        self._true_size = path.stat().st_size
        self._size = self._true_size * longer

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position; the end is the claimed one."""
        if whence == io.SEEK_END:
            offset, whence = max(0, self._size + offset), io.SEEK_SET
        return super().seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer, with the replaced bytes."""
        start, view = self.tell(), memoryview(buffer).cast("B")
        if start >= self._size - _TAG and start >= self._true_size:
            view[:] = bytes(len(view))
            return len(view)
        count = super().readinto(view)
        first = max(start, self._at)
        last = min(start + count, self._at + len(self._replacement))
        if first < last:
            view[first - start : last - start] = self._replacement[
                first - self._at : last - self._at
            ]
        return count


@dataclass(frozen=True)
class WavData:
    """Place and size of the samples in a WAV file.

    Attributes:
        start: Position of the first sample in bytes.
        promised: Bytes of samples according to the header.
        present: Bytes from the first sample to the end of the file.
    """

    start: int
    promised: int
    present: int

    @property
    def cut_off(self) -> float:
        """Share of the samples that is missing, 0 to 1; 0 if the header does not know it."""
        if not self.present < self.promised < _UNKNOWN:
            return 0.0
        return 1.0 - self.present / self.promised


def wav_data(path: Path) -> WavData | None:
    """Find the samples of a WAV file; None if it has none, or is of another format."""
    with path.open("rb") as stream:
        size = path.stat().st_size
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        while len(chunk := stream.read(8)) == 8:
            length: int = struct.unpack("<I", chunk[4:])[0]
            if chunk[:4] == b"data":
                return WavData(stream.tell(), length, size - stream.tell())
            stream.seek(length + length % 2, io.SEEK_CUR)
    return None


def unmeasured(path: Path, form: str, frames: int) -> AmendedFile | None:
    """Open a file for which the decoder has to find the end by itself.

    That is an MP3 file that does not begin with a count of frames, for which decoders extrapolate
    the size of the first frame, and a WAV file that was streamed, so that its size was left 0.

    Args:
        path: File to read.
        form: Format by soundfile's name.
        frames: Frames of which the decoder knows.

    Returns:
        The file as the decoder should read it; None if `path` can be believed.
    """
    if form == "MP3":
        return None if _counts_frames(path) else AmendedFile(path, longer=_LONGER)
    data = wav_data(path) if frames == 0 else None
    if data is None or data.promised or not data.present or _holds_chunks(path, data.start):
        return None
    return AmendedFile(path, at=data.start - 4, replacement=b"\xff" * 4)


def _holds_chunks(path: Path, start: int) -> bool:
    """Return whether chunks follow from `start` to the end of a WAV file, not samples."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(start)
        while stream.tell() < size - 1:
            chunk = stream.read(8)
            if len(chunk) < 8 or not chunk[:4].isascii() or not chunk[:4].strip():
                return False
            length = struct.unpack("<I", chunk[4:])[0]
            stream.seek(length + length % 2, io.SEEK_CUR)
        return stream.tell() <= size + 1


def _counts_frames(path: Path) -> bool:
    """Return whether an MP3 file begins with a Xing frame that holds the number of frames."""
    with path.open("rb") as stream:
        _skip_tags(stream)
        first = stream.read(_FIRST_FRAME)
    for name in (b"Xing", b"Info"):
        at = first.find(name)
        if 0 <= at < len(first) - 8:
            return bool(first[at + 7] & 1)
    return False


def _skip_tags(stream: BinaryIO) -> None:
    """Move past the ID3v2 tags at the start of a file."""
    while True:
        start = stream.tell()
        head = stream.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            stream.seek(start)
            return
        size = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        footer = 10 if head[5] & 0x10 else 0
        stream.seek(size + footer, io.SEEK_CUR)
