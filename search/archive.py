"""The non-dominated evaluations of a search, and which of them is the answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pymoo.indicators.hv import HV

from patchwright.search.ideal import distance_to_ideal
from patchwright.synths.parameters import Array


class Archive:
    """Evaluations that no other one beats or equals in all objectives (the Pareto front).

    Scores are in units of the median random preset, so that 1 is the median random preset and 0
    is the target in every objective.

    Args:
        d: Number of coordinates of a genotype.
        m: Number of objectives.
        weights: Weights of the objectives in distances, `[m]`; equal if None.

    Attributes:
        genotypes: Genotypes of the front, `[n, d]`.
        scores: Scores of the front, `[n, m]`.
        weights: Weights of the objectives, `[m]`, with a mean of 1.

    Examples:
        >>> archive = Archive(d=1, m=2)
        >>> archive.add(
        ...     genotypes=np.array([[0.1], [0.2], [0.3]]),
        ...     scores=np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.9]]),
        ... )
        >>> archive.scores
        array([[0.2, 0.8],
               [0.5, 0.5]])
        >>> archive.genotypes[archive.answer()]
        array([0.2])
        >>> round(archive.hypervolume(), 2)
        0.31
    """

    def __init__(self, d: int, m: int, *, weights: Array | None = None) -> None:
        self.weights = np.ones(m) if weights is None else weights / weights.mean()
        self.genotypes: Array = np.empty((0, d))
        self.scores: Array = np.empty((0, m))

    def __len__(self) -> int:
        return len(self.scores)

    def add(self, genotypes: Array, scores: Array) -> None:
        """Add evaluations that are not dominated; of two with equal scores the earlier is kept.

        Args:
            genotypes: Genotypes `[n, d]`.
            scores: Scores `[n, m]`; rows that are not finite are ignored.
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
        """Return the share of the unit box that the archive dominates.

            HV = volume of the union over members of [s_1, 1] x ... x [s_m, 1]    (1)

        Zitzler and Thiele, "Multiobjective evolutionary algorithms: a comparative case study and
        the strength Pareto approach", 1999. 0 if nothing beats the median random preset in all
        objectives, 1 for the target itself.
        """
        inside = self.scores[(self.scores < 1).all(axis=1)]
        return float(HV(ref_point=np.ones(self.scores.shape[1]))(inside)) if len(inside) else 0.0

    def distances(self) -> NDArray[np.float64]:
        """Return the distance of each member to the ideal point, `[n]`; see `distance_to_ideal`."""
        return distance_to_ideal(self.scores, self.weights)

    def answer(self) -> int:
        """Return the position of the answer: the member nearest to the ideal point."""
        return int(np.argmin(self.distances()))

    def nearest(self, n: int) -> NDArray[np.int64]:
        """Return positions of the up to `n` members nearest to the ideal point, nearest first."""
        return np.argsort(self.distances(), kind="stable")[:n]

    def spread(self, n: int, *, first: Sequence[int] = ()) -> NDArray[np.int64]:
        """Return positions of up to `n` members far apart.

        Args:
            n: Greatest number of positions.
            first: Different positions to begin with; the answer if none is given. Each further one
                is the farthest from all before it.
        """
        chosen = list(first) or [self.answer()]
        gap = np.full(len(self), np.inf)
        for place in chosen:
            gap = np.minimum(gap, self._squares(place))
        while len(chosen) < min(n, len(self)):
            chosen.append(int(np.argmax(gap)))
            gap = np.minimum(gap, self._squares(chosen[-1]))
        return np.array(chosen[:n])

    def _squares(self, place: int) -> Array:
        """Return the squared distances `[n]` of the scores to those of one member."""
        return np.asarray(((self.scores - self.scores[place]) ** 2).sum(axis=1))


def _covers(better: Array, worse: Array) -> NDArray[np.bool_]:
    """Return which rows `[k, m]` are at least as good as which others `[n, m]`: `[k, n]`."""
    return np.asarray((better[:, None] <= worse[None]).all(axis=2))
