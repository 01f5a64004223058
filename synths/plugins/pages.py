"""Pages of memory around a fork, on Linux: copied before a render needs them, and gathered.

A fork shares its memory with the process that it was made of, until one of them writes to a page,
which is then copied. That interrupts a render some hundred to some thousand times. Most of those
pages are the same in every render, so a fork that waits for its job copies those that are adjacent,
many at once.

Elsewhere, and where the kernel lacks a call, nothing happens: renders only take longer.
"""

import contextlib
import ctypes
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pages = NDArray[np.int64]
"""Addresses of pages, `[n]`, sorted."""

RENDERS = 4  # from which the pages are learned
_SIZE = mmap.PAGESIZE
_HUGE = 2**21  # bytes
_POPULATE_WRITE = 23  # since Linux 5.14
_COLLAPSE = 25  # since Linux 6.1
_ENTRY = 8  # bytes per page in /proc/self/pagemap
_OF_FILE, _OWN, _PRESENT = (np.uint64(1 << bit) for bit in (61, 56, 63))
_madvise = ctypes.PyDLL(None).madvise if sys.platform == "linux" else None
if _madvise is not None:
    _madvise.argtypes = (ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int)


def own() -> Pages:
    """Return the writable pages that this process shares with no other; none if not known."""
    found = [np.empty(0, np.int64)]
    with contextlib.suppress(OSError), Path("/proc/self/pagemap").open("rb") as file:
        for first, last, _ in _writable():
            file.seek(first // _SIZE * _ENTRY)
            entries = np.frombuffer(file.read((last - first) // _SIZE * _ENTRY), np.uint64)
            masked = entries & (_PRESENT | _OF_FILE | _OWN)
            found.append(first + _SIZE * np.flatnonzero(masked == _PRESENT | _OWN))
    return np.concatenate(found)


class WrittenPages:
    """The pages to which most of the first renders wrote."""

    def __init__(self) -> None:
        self._found: list[Pages] = []
        self._ranges: list[tuple[int, int]] = []

    @property
    def learning(self) -> bool:
        """Whether more renders shall be added."""
        return _madvise is not None and len(self._found) < RENDERS

    def add(self, pages: Pages) -> None:
        """Add the pages to which a render wrote."""
        self._found.append(pages)
        if not self.learning:
            every, count = np.unique(np.concatenate(self._found), return_counts=True)
            self._ranges = _ranges(every[2 * count >= RENDERS])

    def copy(self) -> None:
        """Give this process its own copies of them."""
        if _madvise is not None:
            for address, size in self._ranges:
                _madvise(address, size, _POPULATE_WRITE)


def gather() -> None:
    """Move this process's memory to huge pages, whose tables a fork copies sooner."""
    if _madvise is not None:
        with contextlib.suppress(OSError):
            for first, last, name in _writable():
                first, last = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
                if first < last and name in ("", "[heap]"):
                    _madvise(first, last - first, _COLLAPSE)


def _ranges(pages: Pages) -> list[tuple[int, int]]:
    """Return addresses and sizes in bytes of the ranges of two or more adjacent pages.

    A call for a single page costs more than the interruption that it saves.
    """
    starts = np.flatnonzero(np.diff(pages, prepend=-1) != _SIZE)
    lengths = np.diff(starts, append=len(pages))
    several = lengths > 1
    addresses, sizes = pages[starts[several]], _SIZE * lengths[several]
    return list(zip(addresses.tolist(), sizes.tolist(), strict=True))


def _writable() -> Iterator[tuple[int, int, str]]:
    """Yield first and last address and name of each private mapping that can be written to."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, access, _, _, _, *name = line.split(maxsplit=5)
        if access.startswith("rw") and access.endswith("p"):
            first, _, last = addresses.partition("-")
            yield int(first, 16), int(last, 16), "".join(name)
