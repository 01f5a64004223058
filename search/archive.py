"""The non-dominated evaluations so far, and the one that is the answer."""

import numpy as np
from numpy.typing import NDArray
from pymoo.indicators.hv import HV

from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array


class Archive:
    """The evaluations that no other one beats or equals in all objectives.

    Scores are in units of what random presets score, so that 1 is the median random preset and 0
    is the target itself in every objective.

    Args:
        d: Coordinates of a genotype.
        m: Objectives.
        weights: Of the objectives in distances, `[m]`; equal if None.
    """

    def __init__(self, d: int, m: int, *, weights: Array | None = None) -> None:
        self.weights = np.ones(m) if weights is None else weights / weights.mean()
        self.genotypes: Array = np.empty((0, d))
        self.scores: Array = np.empty((0, m))

    def __len__(self) -> int:
        return len(self.scores)

    def add(self, genotypes: Array, scores: Array) -> None:
        """Offer evaluations; of two with equal scores the earlier is kept.

        Args:
            genotypes: `[n, d]`.
            scores: `[n, m]`; rows that are not finite are passed over.
        """
        finite = np.isfinite(scores).all(axis=1)
        _, first = np.unique(scores[finite], axis=0, return_index=True)
        rows = np.flatnonzero(finite)[np.sort(first)]
        beaten = _covers(scores[rows], scores[rows])
        np.fill_diagonal(beaten, False)
        rows = rows[~beaten.any(axis=0)]
        rows = rows[~_covers(self.scores, scores[rows]).any(axis=0)]
        kept = ~_covers(scores[rows], self.scores).any(axis=0)
        self.genotypes = np.concatenate([self.genotypes[kept], genotypes[rows]])
        self.scores = np.concatenate([self.scores[kept], scores[rows]])

    def hypervolume(self) -> float:
        """Share of the unit box that the archive dominates.

        0 if nothing beats the median random preset in all objectives, 1 for the target itself.
        """
        inside = self.scores[(self.scores < 1).all(axis=1)]
        return float(HV(ref_point=np.ones(self.scores.shape[1]))(inside)) if len(inside) else 0.0

    def distances(self) -> NDArray[np.float64]:
        """Distance of each evaluation to the ideal point, `[n]`; see `distance_to_ideal`."""
        return distance_to_ideal(self.scores, self.weights)

    def answer(self) -> int:
        """Position of the declared answer: the evaluation nearest to the ideal point."""
        return int(np.argmin(self.distances()))

    def spread(self, n: int) -> NDArray[np.int64]:
        """Positions of up to `n` evaluations that lie far apart: the answer, then the farthest."""
        chosen = [self.answer()]
        gap = np.full(len(self), np.inf)
        while len(chosen) < min(n, len(self)):
            to_last = ((self.scores - self.scores[chosen[-1]]) ** 2).sum(axis=1)
            gap = np.minimum(gap, to_last)
            chosen.append(int(np.argmax(gap)))
        return np.array(chosen)


def _covers(better: Array, worse: Array) -> NDArray[np.bool_]:
    """Which rows `[k, m]` are as good as which others `[n, m]` in all objectives: `[k, n]`."""
    return np.asarray((better[:, None] <= worse[None]).all(axis=2))
