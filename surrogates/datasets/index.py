"""The index of a dataset: the split of each preset, and which rows are audible.

It is the last file of a dataset, and tells what a reader asks first without touching the shards.
"""

from pathlib import Path

import numpy as np

from patchwright.surrogates.datasets.card import Card
from patchwright.surrogates.datasets.sealed import Column, SealedFile, write_sealed
from patchwright.surrogates.datasets.splits import split_presets

INDEX, SHARDS = "index.h5", "shards"

CROWDED, DISCARDED = "crowded", "discarded"
"""Further numbers: whether near duplicates are in other splits; discarded renders by status."""


def write_index(folder: Path, card: Card) -> None:
    """Choose the splits of a dataset whose shards are complete, and write its index.

    Raises:
        SurrogateError: If a shard is damaged.
        OSError: If the file cannot be written.
    """
    subspace = card.synth.subspace()
    per_preset = card.notes.per_preset
    values, audible, discarded = [], [], []
    for shard in read_shards(folder, card):
        of_preset = shard.read("values")[::per_preset].astype(np.float64)
        values.append(subspace.space.snap(of_preset))
        audible.append(shard.read("audible").reshape(-1, per_preset))
        discarded.append(shard.counts(DISCARDED))
    split, crowded = split_presets(subspace, np.concatenate(values), card.splits)
    write_sealed(
        folder / INDEX,
        {"split": split, "audible": np.concatenate(audible)},
        {CROWDED: [crowded], DISCARDED: np.sum(discarded, axis=0).tolist()},
    )


def read_index(folder: Path, card: Card) -> SealedFile:
    """Open the index of a dataset.

    Raises:
        SurrogateError: If it is missing or damaged.
    """
    columns = {"split": Column("uint8"), "audible": Column("uint8", (card.notes.per_preset,))}
    return SealedFile(folder / INDEX, columns)


def read_shards(folder: Path, card: Card) -> list[SealedFile]:
    """Return the shards of a dataset, in order; only their headers are read.

    Raises:
        SurrogateError: If a file is no shard.
    """
    return [SealedFile(path, card.columns) for path in sorted((folder / SHARDS).glob("*.h5"))]
