"""Reading of a dataset: arrays of chosen rows, batches, and checks."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.signal.features import Features
from patchwright.surrogates.datasets.card import Card
from patchwright.surrogates.datasets.index import (
    CROWDED,
    DISCARDED,
    INDEX,
    read_index,
    read_shards,
)
from patchwright.surrogates.datasets.sealed import Rows
from patchwright.surrogates.datasets.splits import SPLITS, Split
from patchwright.surrogates.errors import SurrogateError
from patchwright.synths import Status, Subspace
from patchwright.synths.parameters import Array

Batch = dict[str, NDArray[Any]]
"""Columns by name, `[n, ...]` each."""

_BUFFER = 2**28  # bytes of rows that are shuffled together


class Dataset:
    """A dataset in a folder, of which only what is asked for is read.

    A row is one note of one preset; the notes of a preset are neighbours. Each shard's checksum is
    compared before its first array is read.

    Args:
        folder: Folder that `patchwright dataset make` or `merge` wrote.

    Attributes:
        folder: Folder of the dataset.
        card: What the dataset holds; `card.columns` lists its columns.

    Raises:
        SurrogateError: If the folder holds no dataset, or one that is not finished.

    Examples:
        ::

            data = Dataset(Path("data/subtractive"))
            rows = data.rows("train")
            values = data.read("values", rows)  # [n, P], float32
            levels = data.read("features", rows)  # [n, bands, frames] in dB, float16
            rng = np.random.default_rng(0)
            for batch in data.batches(rows, 1024, ("values", "notes", "features"), rng):
                ...
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = Card.read(folder)
        self._shards = read_shards(folder, self.card)
        self._starts = np.cumsum([0, *(shard.rows for shard in self._shards)])
        found = int(self._starts[-1])
        if found != self.card.rows or not (folder / INDEX).exists():
            raise SurrogateError(
                f"{folder} has {found} of {self.card.rows} rows: finish it with 'patchwright "
                "dataset make' and --resume, or copy it again."
            )
        self._index = read_index(folder, self.card)

    def __len__(self) -> int:
        """Number of rows."""
        return self.card.rows

    @property
    def features(self) -> Features:
        """Front end of the column `features`; also for targets."""
        return self.card.features

    @cached_property
    def subspace(self) -> Subspace:
        """Free parameters of the synth, with their own priors."""
        return self.card.synth.subspace()

    @cached_property
    def sha256(self) -> str:
        """Hash of the card and of all checksums: equal for equal datasets."""
        digest = hashlib.sha256(self.card.text().encode())
        for file in (*self._shards, self._index):
            digest.update(file.sha256.encode())
        return digest.hexdigest()

    @property
    def shard_files(self) -> list[Path]:
        """Files of the rows, in order."""
        return [shard.path for shard in self._shards]

    def verify(self) -> None:
        """Compare the checksums of all files.

        Raises:
            SurrogateError: If a file is damaged; the message names it.
        """
        for file in (*self._shards, self._index):
            file.verify()

    def rows(self, split: Split | None = None, *, audible: bool = True) -> Rows:
        """Return the numbers of rows, `[n]`, ascending.

        Args:
            split: ``train``, ``valid`` or ``test``; all if None.
            audible: Whether to leave out failed renders, and those that are silent or below the
                gate.

        Raises:
            SurrogateError: If there is no such split, or a file is damaged.
        """
        chosen = self._audible.copy() if audible else np.ones(len(self), bool)
        if split is not None:
            if split not in SPLITS:
                raise SurrogateError(
                    f"There is no split {split!r}: name one of {', '.join(SPLITS)}."
                )
            of_preset = self._index.read("split") == SPLITS.index(split)
            chosen &= np.repeat(of_preset, self.card.notes.per_preset)
        return np.flatnonzero(chosen)

    @cached_property
    def _audible(self) -> NDArray[np.bool_]:
        return self._index.read("audible").ravel().astype(bool)

    def preset(self, rows: Rows) -> Rows:
        """Return the number of the preset of each row, `[n]`."""
        return rows // self.card.notes.per_preset

    def read(self, column: str, rows: Rows | None = None) -> NDArray[Any]:
        """Read one column.

        Args:
            column: Name of the column; see `Card.columns`.
            rows: Numbers of rows, `[n]`, in any order; all if None.

        Returns:
            Entries `[n, ...]`, with the type in which they are stored.

        Raises:
            SurrogateError: If there is no such column, or a shard is damaged.
        """
        columns = self.card.columns
        if column not in columns:
            hint = "make it with audio" if column == "audio" else f"it has {', '.join(columns)}"
            raise SurrogateError(f"{self.folder} has no {column}: {hint}.")
        rows = np.arange(len(self)) if rows is None else np.asarray(rows, np.int64)
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self)):
            raise SurrogateError(f"{self.folder} has {len(self)} rows: give numbers from 0.")
        found = np.empty((len(rows), *columns[column].shape), columns[column].dtype)
        shard_of = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(shard_of).tolist():
            here = shard_of == number
            found[here] = self._shards[number].read(column, rows[here] - self._starts[number])
        return found

    def values(self, rows: Rows | None = None) -> Array:
        """Read presets exactly, as they were rendered: values `[n, P]` in double precision."""
        return self.subspace.space.snap(self.read("values", rows).astype(np.float64))

    def batches(
        self, rows: Rows, size: int, columns: Sequence[str], rng: np.random.Generator
    ) -> Iterator[Batch]:
        """Read rows once, in random order, with little memory.

        Some shards at a time, in random order, are read and shuffled together: up to 256 MiB.

        Args:
            rows: Numbers of rows, `[n]`.
            size: Rows of a batch; the last may have fewer.
            columns: Names of the columns to read.
            rng: Source of randomness.

        Yields:
            The columns, and `row`, the numbers of the rows.

        Raises:
            SurrogateError: If there is no such column, or a shard is damaged.
        """
        if size < 1:
            raise SurrogateError(f"A batch of {size} rows is empty: give at least 1.")
        held: Batch = {}
        for some in self._portions(rows, columns, rng):
            part = {name: self.read(name, some) for name in columns} | {"row": some}
            held = {
                name: np.concatenate([held[name], part[name]]) if held else part[name]
                for name in part
            }
            order = rng.permutation(len(held["row"]))
            whole = len(order) // size * size
            for first in range(0, whole, size):
                chosen = order[first : first + size]
                yield {name: column[chosen] for name, column in held.items()}
            held = {name: column[order[whole:]] for name, column in held.items()}
        if held and len(held["row"]):
            yield held

    def _portions(
        self, rows: Rows, columns: Sequence[str], rng: np.random.Generator
    ) -> Iterator[Rows]:
        """Divide rows into portions of whole shards that fit the buffer."""
        entry = sum(self.card.columns[name].bytes for name in columns if name in self.card.columns)
        shard_of = np.searchsorted(self._starts, rows, side="right") - 1
        portion: list[Rows] = []
        for number in rng.permutation(len(self._shards)):
            portion.append(rows[shard_of == number])
            if sum(map(len, portion)) * entry >= _BUFFER:
                yield np.concatenate(portion)
                portion = []
        if portion:
            yield np.concatenate(portion)

    @property
    def crowded(self) -> bool:
        """Whether presets are so dense that near duplicates could not be kept in one split."""
        return bool(self._index.counts(CROWDED).any())

    @cached_property
    def discarded(self) -> dict[str, int]:
        """Number of renders by status that were made of presets that were drawn anew."""
        counts = self._index.counts(DISCARDED)
        return {status.name: int(counts[status]) for status in Status if status < len(counts)}
