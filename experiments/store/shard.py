"""Presets and their features in a folder of Parquet files, to which several processes may add."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.synths.parameters import Array

Features = NDArray[np.float32]
Words = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Stored:
    """What a shard held when it was read; each preset once.

    Attributes:
        words: 64 bits of the SHA-256 of each preset's values, `[n]`, ascending.
        features: `[n, e]`.
        files: That the values are in, `f` of them.
        places: Position in `files` of each preset's file, and its row there, `[n, 2]`.
    """

    words: Words
    features: Features
    files: tuple[Path, ...]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)

    def values(self, rows: NDArray[np.int64]) -> Array:
        """Values `[k, P]` of some of the presets, in the order of the rows `[k]`."""
        places = self.places[rows]
        read = {f: _column(self.files[f], "values") for f in np.unique(places[:, 0]).tolist()}
        return np.stack([read[f][row] for f, row in places.tolist()])


class Shard:
    """The renders of one synth, one performance and one kind of features.

    A file is written whole or not at all, and named after what it holds: writers need not know of
    each other, and what is written twice is there once.

    Args:
        folder: Of the files; need not exist.
        width: Numbers in a preset's features.
    """

    def __init__(self, folder: Path, width: int) -> None:
        self.folder = folder
        self._width = width

    def read(self) -> Stored:
        """Read all but the values.

        Raises:
            ExperimentError: If a file is damaged.
        """
        files = tuple(sorted(self.folder.glob("*.parquet")))
        words: list[Words] = [np.empty(0, np.uint64)]
        features: list[Features] = [np.empty((0, self._width), np.float32)]
        places = [np.empty((0, 2), np.int64)]
        for number, file in enumerate(files):
            words.append(_column(file, "preset"))
            features.append(_column(file, "features"))
            rows = np.arange(len(words[-1]))
            places.append(np.stack([np.full_like(rows, number), rows], axis=1))
        unique, first = np.unique(np.concatenate(words), return_index=True)
        return Stored(unique, np.concatenate(features)[first], files, np.concatenate(places)[first])

    def add(self, values: Array, features: Features) -> None:
        """Write one file.

        Args:
            values: Presets `[n, P]`, at least one.
            features: Theirs, `[n, e]`.
        """
        name = hashlib.sha256(values.tobytes() + features.tobytes()).hexdigest()[:32]
        path = self.folder / f"{name}.parquet"
        table = {"preset": words_of(values), "features": _lists(features), "values": _lists(values)}
        self.folder.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{uuid.uuid4().hex}.part")
        pq.write_table(pa.table(table), half, compression="zstd")
        half.replace(path)


def words_of(values: Array) -> Words:
    """What tells presets `[n, P]` apart, `[n]`."""
    digests = b"".join(hashlib.sha256(row.tobytes()).digest()[:8] for row in values)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _lists(rows: NDArray[np.floating[Any]]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def _column(file: Path, name: str) -> NDArray[Any]:
    """A column `[n]` or `[n, k]` of a file."""
    try:
        column = pq.read_table(file, columns=[name])[name].combine_chunks()
        if isinstance(column, pa.FixedSizeListArray):
            return np.asarray(column.flatten()).reshape(len(column), -1)
        return np.asarray(column)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ExperimentError(
            f"{file} is damaged: remove it, and the store goes on without it."
        ) from error
