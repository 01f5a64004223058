"""Presets and their features in a folder of Parquet files that several processes may add to."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.search.arrow import to_arrow, to_numpy
from patchwright.synths.parameters import Array

Features = NDArray[np.float32]
PresetIds = NDArray[np.uint64]

_SYNTH = b"synth"  # entry of a file's metadata
_LARGEST = 1e9  # of the values of features


@dataclass(frozen=True, eq=False)
class ShardContents:
    """The content of a shard when it was read, with each preset once.

    Attributes:
        ids: First 64 bits of the SHA-256 of each preset's values, `[n]`, ascending.
        features: Features of the presets' renders, `[n, e]`.
        files: Files with the presets' values, `f` of them.
        locations: Index of each preset's file, and its row there, `[n, 2]`.
        read_values: Reader of the values in a file, `[m, P]`.
    """

    ids: PresetIds
    features: Features
    files: tuple[Path, ...]
    locations: NDArray[np.int64]
    read_values: Callable[[Path], Array]

    def __len__(self) -> int:
        return len(self.ids)

    def values(self, rows: NDArray[np.int64]) -> Array:
        """Read the values `[k, P]` of the presets at `rows`, `[k]`.

        Raises:
            ExperimentError: A file is damaged.
        """
        locations = self.locations[rows]
        read = {f: self.read_values(self.files[f]) for f in np.unique(locations[:, 0]).tolist()}
        return np.stack([read[f][row] for f, row in locations.tolist()])


class Shard:
    """The presets of one synth, performance and kind of features.

    Files are written atomically and named by the hash of their content, so that writers need no
    coordination and equal files are stored once.

    Args:
        folder: Folder of the files; need not exist.
        parameters: Values in a preset.
        width: Values in a preset's features.
        synth: Key of the synth, which is written into the files; see `synth_key`.
    """

    def __init__(self, folder: Path, *, parameters: int, width: int, synth: str) -> None:
        self.folder = folder
        self._width = width
        self._synth = synth
        self._presets = pa.uint64()
        self._features = pa.list_(pa.float32(), width)
        self._values = pa.list_(pa.float64(), parameters)

    def read(self) -> ShardContents:
        """Read everything except the values.

        Raises:
            ExperimentError: A file is damaged.
        """
        files = tuple(sorted(self.folder.glob("*.parquet")))
        ids: list[PresetIds] = [np.empty(0, np.uint64)]
        features: list[Features] = [np.empty((0, self._width), np.float32)]
        locations = [np.empty((0, 2), np.int64)]
        for number, file in enumerate(files):
            ids.append(_column(file, "preset", self._presets))
            features.append(_column(file, "features", self._features))
            rows = np.arange(len(ids[-1]))
            locations.append(np.stack([np.full_like(rows, number), rows], axis=1))
        unique, first = np.unique(np.concatenate(ids), return_index=True)
        return ShardContents(
            unique,
            np.concatenate(features)[first],
            files,
            np.concatenate(locations)[first],
            lambda file: _column(file, "values", self._values),
        )

    def add(self, values: Array, features: Features) -> None:
        """Write one file.

        Args:
            values: Presets `[n, P]`, at least one.
            features: Features of the presets' renders, `[n, e]`.
        """
        name = hashlib.sha256(values.tobytes() + features.tobytes()).hexdigest()[:32]
        path = self.folder / f"{name}.parquet"
        table = {
            "preset": to_arrow(preset_ids(values)),
            "features": to_arrow(features),
            "values": to_arrow(values),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{uuid.uuid4().hex}.part")
        with_synth = pa.table(table).replace_schema_metadata({_SYNTH: self._synth})
        with half.open("wb") as stream:  # Arrow takes no name that is not UTF-8
            pq.write_table(with_synth, stream, compression="zstd", write_page_checksum=True)
        half.replace(path)


def presets_of(store: Path, synth: str, parameters: int) -> Array:
    """Read all presets of a synth in a store, whatever they played.

    Args:
        store: Folder of the store.
        synth: Key of the synth; see `synth_key`.
        parameters: Number of values in a preset, `P`.

    Returns:
        Values `[n, P]`.

    Raises:
        ExperimentError: A file is damaged.
    """
    found = [np.empty((0, parameters))]
    for file in sorted(store.glob("*/*.parquet")):
        try:
            with file.open("rb") as stream:
                metadata = pq.read_schema(stream).metadata or {}
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file) from error
        if metadata.get(_SYNTH) == synth.encode():
            found.append(_column(file, "values", pa.list_(pa.float64(), parameters)))
    return np.concatenate(found)


def preset_ids(values: Array) -> PresetIds:
    """Return the ids `[n]` of presets `[n, P]`: 64 bits of their SHA-256."""
    digests = b"".join(hashlib.sha256(row.tobytes()).digest()[:8] for row in values)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _column(file: Path, name: str, kind: pa.DataType) -> NDArray[Any]:
    """Read a column `[n]` or `[n, k]` of a file."""
    try:
        with file.open("rb") as stream:  # Arrow takes no name that is not UTF-8
            table = pq.read_table(stream, columns=[name], page_checksum_verification=True)
        if table[name].type != kind:
            raise ValueError("another kind of numbers")
        array = to_numpy(table[name])
        low, high = {"values": (0, 1), "features": (-_LARGEST, _LARGEST)}.get(name, (0, np.inf))
        if not ((array >= low) & (array <= high)).all():
            raise ValueError("numbers out of range")
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise _damaged(file) from error
    return array


def _damaged(file: Path) -> ExperimentError:
    return ExperimentError(f"{file} is damaged: remove it, and the store works without it.")
