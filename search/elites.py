"""The best evaluation of each kind of sound."""

import numpy as np
from numpy.typing import NDArray

from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array

CELLS = 16
"""Cells along each descriptor."""


class Elites:
    """Keeps the evaluation of each cell of a grid over descriptors that is nearest to the target.

    Args:
        d: Coordinates of a genotype.
        m: Objectives.
        k: DescriptorSpace that the grid is over.
        weights: Of the objectives in distances, `[m]`, with a mean of 1.

    Attributes:
        genotypes: `[cells, d]`, of the occupied cells.
        scores: `[cells, m]`, scaled.
        distances: To the ideal point, as in `Archive.distances`, `[cells]`.
        places: In the ranges of the descriptors, `[cells, k]`.
    """

    def __init__(self, d: int, m: int, k: int, *, weights: Array) -> None:
        self._weights = weights
        self.genotypes: Array = np.empty((0, d))
        self.scores: Array = np.empty((0, m))
        self.distances: Array = np.empty(0)
        self.places: Array = np.empty((0, k))

    def __len__(self) -> int:
        return len(self.distances)

    def add(self, genotypes: Array, scores: Array, places: Array) -> None:
        """Offer evaluations; of two as near as each other the earlier is kept.

        Args:
            genotypes: `[n, d]`.
            scores: Scaled, `[n, m]`.
            places: `[n, k]`; what lies outside a range is in its first or last cell.
        """
        distances = distance_to_ideal(scores, self._weights)
        self.genotypes = np.concatenate([self.genotypes, genotypes])
        self.scores = np.concatenate([self.scores, scores])
        self.distances = np.concatenate([self.distances, distances])
        self.places = np.concatenate([self.places, places])
        cells = np.clip(np.floor(self.places * CELLS), 0, CELLS - 1)
        order = np.argsort(self.distances, kind="stable")
        _, first = np.unique(cells[order], axis=0, return_index=True)
        kept = np.sort(order[first])
        self.genotypes, self.scores = self.genotypes[kept], self.scores[kept]
        self.distances, self.places = self.distances[kept], self.places[kept]

    def spread(self, n: int, within: float) -> NDArray[np.int64]:
        """Positions of up to `n` that sound different: the nearest, then the most different.

        Args:
            n: How many.
            within: How much farther than the nearest one they may be.
        """
        close = np.flatnonzero(self.distances <= self.distances.min() + within)
        places = np.clip(self.places[close], 0, 1)
        chosen = [int(np.argmin(self.distances[close]))]
        gap = np.full(len(close), np.inf)
        while len(chosen) < min(n, len(close)):
            gap = np.minimum(gap, ((places - places[chosen[-1]]) ** 2).sum(axis=1))
            gap[chosen] = -1.0  # two may lie in one place
            chosen.append(int(np.argmax(gap)))
        return close[chosen]
