"""The nearest evaluation in each cell of a grid over descriptors."""

import numpy as np
from numpy.typing import NDArray

from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array

CELLS = 16
"""Number of cells along each descriptor."""


class Elites:
    """The evaluation nearest to the target in each cell of a grid over descriptors.

    The archive of MAP-Elites (Mouret and Clune, "Illuminating search spaces by mapping elites",
    2015).

    Args:
        d: Number of coordinates of a genotype.
        m: Number of objectives.
        k: Number of descriptors, the axes of the grid.
        weights: Weights of the objectives in distances, `[m]`, with a mean of 1.

    Attributes:
        genotypes: Genotypes of the occupied cells, `[cells, d]`.
        scores: Scaled scores, `[cells, m]`.
        distances: Distances to the ideal point, `[cells]`, as in `Archive.distances`.
        places: Positions in the ranges of the descriptors, `[cells, k]`.
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
        """Add evaluations that are the nearest of their cell; of equally near ones the earlier.

        Args:
            genotypes: Genotypes `[n, d]`.
            scores: Scaled scores, `[n, m]`.
            places: Positions in the ranges of the descriptors, `[n, k]`; those outside a range
                count for its first or last cell.
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
        """Return positions of up to `n` that differ: the nearest, then always the most different.

        Args:
            n: Greatest number of positions.
            within: Greatest difference between their distances and that of the nearest.
        """
        close = np.flatnonzero(self.distances <= self.distances.min() + within)
        places = np.clip(self.places[close], 0, 1)
        chosen = [int(np.argmin(self.distances[close]))]
        gap = np.full(len(close), np.inf)
        while len(chosen) < min(n, len(close)):
            gap = np.minimum(gap, ((places - places[chosen[-1]]) ** 2).sum(axis=1))
            gap[chosen] = -1.0  # two may have the same position
            chosen.append(int(np.argmax(gap)))
        return close[chosen]
