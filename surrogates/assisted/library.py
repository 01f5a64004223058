"""The presets of a dataset that sound most like a target: what an estimator has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.surrogates.assisted.predictor import resampled
from patchwright.surrogates.datasets import Dataset
from patchwright.surrogates.estimators import Sampling
from patchwright.synths import Performance, Subspace
from patchwright.synths.parameters import Array

_SEMITONES = 2  # from the target's pitch; a preset is played at that pitch, not at its own
_READ = 4_096  # rows that are compared at once


@dataclass(frozen=True, eq=False)
class Library:
    """The presets of a dataset, the nearest to a target first; a `Predictor`.

    Attributes:
        genotypes: Genotypes `[n, d]`, each once.
        name: Name of the dataset, for messages.
        version: Checksum of the dataset.
    """

    genotypes: Array
    name: str
    version: str

    @classmethod
    def of(
        cls,
        data: Dataset,
        name: str,
        subspace: Subspace,
        performance: Performance,
        target: NDArray[np.float32],
    ) -> Library:
        """Order the audible training presets by the mean difference of spectrograms in dB.

        Only rows within two semitones of the target's note take part, if there are any.

        Args:
            data: Dataset of the same synth, whose locks the search keeps.
            name: Name of the dataset.
            subspace: Free parameters of the search.
            performance: The note that every candidate plays.
            target: Audio of the target, `[c, t]`, at any sample rate.
        """
        audio = resampled(target, performance.sr, data.features.sr)
        with torch.no_grad():
            heard = data.features(audio)[0].numpy()
        rows = data.rows("train")
        notes = data.read("notes", rows)[:, 0]
        away = np.abs(notes - (performance.notes[0].pitch if performance.notes else notes))
        rows = rows[away <= max(_SEMITONES, away.min())]
        distances = np.concatenate(
            [
                np.abs(data.read("features", part).astype(np.float32) - heard).mean(axis=(1, 2))
                for part in np.array_split(rows, -(-len(rows) // _READ))
            ]
        )
        ordered = subspace.encode(data.values(rows[np.argsort(distances, kind="stable")]))
        _, first = np.unique(ordered, axis=0, return_index=True)
        return cls(ordered[np.sort(first)], name, data.sha256)

    def propose(self, first: int, n: int, rng: np.random.Generator, sampling: Sampling) -> Array:
        """Propose the next nearest presets; see `Predictor.propose`."""
        return self.genotypes[first : first + n]
