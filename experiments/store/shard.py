"""Presets and their features in a folder of Parquet files that several processes may add to."""

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
from patchwright.search.arrow import to_arrow, to_numpy
from patchwright.synths.parameters import Array

Features = NDArray[np.float32]
PresetIds = NDArray[np.uint64]

_SYNTH = b"synth"  # entry of a file's metadata


@dataclass(frozen=True, eq=False)
class ShardContents:
    """The content of a shard when it was read, with each preset once.

    Attributes:
        ids: First 64 bits of the SHA-256 of each preset's values, `[n]`, ascending.
        features: Features of the presets' renders, `[n, e]`.
        files: Files with the presets' values, `f` of them.
        locations: Index of each preset's file, and its row there, `[n, 2]`.
    """

    ids: PresetIds
    features: Features
    files: tuple[Path, ...]
    locations: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def values(self, rows: NDArray[np.int64]) -> Array:
        """Read the values `[k, P]` of the presets at `rows`, `[k]`."""
        locations = self.locations[rows]
        read = {f: _column(self.files[f], "values") for f in np.unique(locations[:, 0]).tolist()}
        return np.stack([read[f][row] for f, row in locations.tolist()])


class Shard:
    """The presets of one synth, performance and kind of features.

    Files are written atomically and named by the hash of their content, so that writers need no
    coordination and equal files are stored once.

    Args:
        folder: Folder of the files; need not exist.
        width: Values in a preset's features.
        synth: Key of the synth, which is written into the files; see `synth_key`.
    """

    def __init__(self, folder: Path, width: int, synth: str) -> None:
        self.folder = folder
        self._width = width
        self._synth = synth

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
            ids.append(_column(file, "preset"))
            features.append(_column(file, "features"))
            rows = np.arange(len(ids[-1]))
            locations.append(np.stack([np.full_like(rows, number), rows], axis=1))
        unique, first = np.unique(np.concatenate(ids), return_index=True)
        return ShardContents(
            unique, np.concatenate(features)[first], files, np.concatenate(locations)[first]
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
        pq.write_table(with_synth, half, compression="zstd")
        half.replace(path)


def presets_of(store: Path, synth: str) -> Array:
    """Read all presets of a synth in a store, whatever they played.

    Args:
        store: Folder of the store.
        synth: Key of the synth; see `synth_key`.

    Returns:
        Values `[n, P]`; `[0, 0]` if there are none.

    Raises:
        ExperimentError: A file is damaged.
    """
    found = []
    for file in sorted(store.glob("*/*.parquet")):
        try:
            metadata = pq.read_schema(file).metadata or {}
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file) from error
        if metadata.get(_SYNTH) == synth.encode():
            found.append(_column(file, "values"))
    return np.concatenate(found) if found else np.empty((0, 0))


def preset_ids(values: Array) -> PresetIds:
    """Return the ids `[n]` of presets `[n, P]`: 64 bits of their SHA-256."""
    digests = b"".join(hashlib.sha256(row.tobytes()).digest()[:8] for row in values)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _column(file: Path, name: str) -> NDArray[Any]:
    """Read a column `[n]` or `[n, k]` of a file."""
    try:
        return to_numpy(pq.read_table(file, columns=[name])[name])
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> ExperimentError:
    return ExperimentError(f"{file} is damaged: remove it, and the store works without it.")
