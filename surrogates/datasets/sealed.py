"""Files of arrays with a checksum in front: HDF5 after a header of 512 bytes.

The header is what HDF5 calls a user block, so that any HDF5 reader opens the file. It holds the
number of rows and the SHA-256 of everything after it: a damaged file is refused before HDF5, which
may crash on one, sees a byte of it.
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from patchwright.surrogates.errors import SurrogateError
from patchwright.synths.outside_file import is_file
from patchwright.synths.whole_file import whole_file

_HEADER = 512  # bytes; HDF5 demands a power of two from 512
_TEXT = re.compile(rb"patchwright sealed 1\nrows (\d{1,12})\nsha256 ([0-9a-f]{64})\n\0+")
_CHUNK = 2**17  # bytes of a chunk, which is compressed by itself
_FEW = 8  # share of the rows between the first and the last below which rows are read singly

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """An array in a sealed file, with one entry a row.

    Attributes:
        dtype: Type of its numbers, such as ``float16``.
        shape: Shape of an entry.
    """

    dtype: str
    shape: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of an entry in bytes."""
        return np.dtype(self.dtype).itemsize * int(np.prod(self.shape))


def write_sealed(
    path: Path,
    columns: Mapping[str, NDArray[Any]],
    counts: Mapping[str, Sequence[int]] | None = None,
) -> None:
    """Write a sealed file, whole or not at all; equal contents give equal bytes.

    Args:
        path: File to write or replace.
        columns: Arrays by name, all with the same number of rows.
        counts: Further whole numbers, by name.

    Raises:
        OSError: If the file cannot be written.
    """
    rows = {len(column) for column in columns.values()}
    if len(rows) != 1:
        raise SurrogateError(f"Columns of {sorted(rows)} rows are no table: give them equal ones.")
    # in memory, because HDF5 cannot end a file properly once a disk is full
    image = io.BytesIO()
    with h5py.File(image, "w", userblock_size=_HEADER, libver=("v110", "v110")) as file:
        for name, column in columns.items():
            entry = max(1, column.itemsize * int(np.prod(column.shape[1:])))
            chunk = min(len(column), max(1, _CHUNK // entry))
            file.create_dataset(
                name,
                data=column,
                chunks=(max(1, chunk), *column.shape[1:]) if len(column) else None,
                compression="gzip" if len(column) else None,
                compression_opts=1 if len(column) else None,
                shuffle=bool(len(column)),
            )
        for name, numbers in (counts or {}).items():
            file.attrs[name] = np.array(numbers, np.int64)
    content = memoryview(image.getbuffer())[_HEADER:]
    digest = hashlib.sha256(content).hexdigest()
    header = f"patchwright sealed 1\nrows {rows.pop()}\nsha256 {digest}\n".encode()
    with whole_file(path) as part, part.open("wb") as file:
        file.write(header.ljust(_HEADER, b"\0"))
        file.write(content)


class SealedFile:
    """A sealed file; its checksum is compared once, before the first array is read.

    Args:
        path: File to read; only its header is read at once.
        columns: Arrays that it must have.

    Attributes:
        path: File.
        rows: Number of rows.
        sha256: Checksum of its content.

    Raises:
        SurrogateError: If the file is missing or is no sealed file.
    """

    def __init__(self, path: Path, columns: Mapping[str, Column]) -> None:
        self.path = path
        self._columns = columns
        self._verified = False
        if not is_file(path):
            raise SurrogateError(f"{path} is missing: copy it again, or make the dataset again.")
        with path.open("rb") as file:
            header = file.read(_HEADER)
        match = _TEXT.fullmatch(header)
        if len(header) < _HEADER or match is None:
            raise self._damaged()
        self.rows = int(match[1])
        self.sha256 = match[2].decode()

    def verify(self) -> None:
        """Compare the checksum, unless that was done before.

        Raises:
            SurrogateError: If the file is damaged.
        """
        if self._verified:
            return
        with self.path.open("rb") as file:
            file.seek(_HEADER)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.sha256:
            raise self._damaged()
        self._verified = True

    def read(self, name: str, rows: Rows | None = None) -> NDArray[Any]:
        """Read an array.

        Args:
            name: Name of the array.
            rows: Rows to read, `[k]`, in any order; all if None.

        Returns:
            Entries, `[k, ...]`.

        Raises:
            SurrogateError: If the file is damaged.
        """
        self.verify()
        with h5py.File(self.path, "r", locking=False) as file:
            array = self._array(file, name)
            if rows is None:
                return np.asarray(array[:])
            if not len(rows):
                return np.empty((0, *array.shape[1:]), array.dtype)
            first, last = int(rows.min()), int(rows.max()) + 1
            if len(rows) * _FEW >= last - first:
                return np.asarray(array[first:last][rows - first])
            order, place = np.unique(rows, return_inverse=True)
            return np.asarray(array[order][place])

    def counts(self, name: str) -> NDArray[np.int64]:
        """Read further whole numbers.

        Raises:
            SurrogateError: If the file is damaged.
        """
        self.verify()
        with h5py.File(self.path, "r", locking=False) as file:
            numbers = np.asarray(file.attrs.get(name, ()))
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
            raise self._damaged()
        return numbers.astype(np.int64)

    def _array(self, file: h5py.File, name: str) -> h5py.Dataset:
        """Return an array that lies in the file itself, with the expected type and shape."""
        column = self._columns[name]
        link = file.get(name, getlink=True)
        array = file[name] if isinstance(link, h5py.HardLink) else None
        if (
            not isinstance(array, h5py.Dataset)
            or array.is_virtual
            or array.external is not None
            or array.dtype != np.dtype(column.dtype)
            or array.shape != (self.rows, *column.shape)
        ):
            raise self._damaged()
        return array

    def _damaged(self) -> SurrogateError:
        return SurrogateError(
            f"{self.path} is damaged, or is no part of this dataset: remove it, and make it again "
            "with --resume."
        )
