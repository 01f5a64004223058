"""The renders that a surrogate has learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.synths.parameters import Array


@dataclass(frozen=True, eq=False)
class Renders:
    """Renders of a search, and what is computed of each once.

    Attributes:
        genotypes: Genotypes, `[n, d]`.
        scores: Scaled scores, `[n, m]`.
        statistics: Distances of their spectrograms, `[n, q]`; see `CalibratedDistances`.
        relaxed: Relaxed presets, `[n, w]`.
        real: Components of their sounds, `[n, k]`.
        predicted: Components that the model predicts, `[n, k]`.
    """

    genotypes: Array
    scores: Array
    statistics: Array
    relaxed: Tensor
    real: Tensor
    predicted: Tensor

    def __len__(self) -> int:
        return len(self.genotypes)

    def joined(self, other: Renders) -> Renders:
        """Return both."""
        return Renders(
            np.concatenate([self.genotypes, other.genotypes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.statistics, other.statistics]),
            torch.cat([self.relaxed, other.relaxed]),
            torch.cat([self.real, other.real]),
            torch.cat([self.predicted, other.predicted]),
        )

    def at(self, rows: NDArray[np.int64]) -> Renders:
        """Return those at positions `[m]`."""
        return Renders(
            self.genotypes[rows],
            self.scores[rows],
            self.statistics[rows],
            self.relaxed[rows],
            self.real[rows],
            self.predicted[rows],
        )
