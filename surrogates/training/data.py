"""What every training on a dataset reads, and the name of its checkpoints."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.datasets.card import EMBEDDING
from patchwright.surrogates.datasets.sealed import Rows
from patchwright.surrogates.errors import SurrogateError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_FEWEST = 32  # rows to train on


def training_rows(data: Dataset) -> Rows:
    """Return the rows to learn from.

    Raises:
        SurrogateError: If a split has too few sounds.
    """
    rows = data.rows("train")
    if len(rows) < _FEWEST or not len(data.rows("valid")) or not len(data.rows("test")):
        raise SurrogateError(
            f"{data.folder} has too few sounds to train, choose and test on: make a dataset of "
            "some hundreds of presets at least."
        )
    return rows


def sounds_column(embedding: str) -> str:
    """Return the column of an embedding; of the spectrograms if it is empty."""
    return f"{EMBEDDING}{embedding}" if embedding else "features"


def training_identity(data: Dataset, training: DataclassInstance, *others: str) -> str:
    """Return the hash of everything that the bits of a training depend on.

    Args:
        data: Dataset.
        training: Settings.
        others: Checksums of what else it reads.
    """
    settings = json.dumps(asdict(training), sort_keys=True, default=str)
    content = " ".join([data.sha256, settings, *others])
    return hashlib.sha256(content.encode()).hexdigest()[:32]
