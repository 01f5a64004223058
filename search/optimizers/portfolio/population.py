"""The population of `Portfolio`, and which of its members children replace."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from patchwright.search.discrete import Mask
from patchwright.search.ideal import distance_to_ideal
from patchwright.search.optimizer import Residuals
from patchwright.synths.parameters import Array

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """Members, the best first.

    Attributes:
        members: Genotypes `[p, d]`.
        scores: Scores `[p, m]`.
        residuals: Residuals `[p, r]`.
    """

    members: Array
    scores: Array
    residuals: Residuals

    def __len__(self) -> int:
        return len(self.members)

    @classmethod
    def best(cls, members: Array, scores: Array, residuals: Residuals, size: int) -> "Population":
        """Return the `size` best of members `[n, d]`, each once."""
        _, first = np.unique(members, axis=0, return_index=True)
        first = np.sort(first)
        kept = first[order(scores[first])[:size]]
        return cls(members[kept], scores[kept], residuals[kept])

    def joined(self, other: "Population", size: int) -> "Population":
        """Return the `size` best of both."""
        return self.best(
            np.concatenate([self.members, other.members]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.residuals, other.residuals]),
            size,
        )

    def with_children(
        self,
        children: Array,
        scores: Array,
        residuals: Residuals,
        parents: Positions,
        size: int,
    ) -> tuple["Population", Mask]:
        """Replace the parents that children dominate, and otherwise the worst members.

        Args:
            children: Genotypes of the children, `[k, d]`.
            scores: Scores of the children, `[k, m]`.
            residuals: Residuals of the children, `[k, r]`.
            parents: Position of the parent of each child, `[k]`.
            size: Greatest size of the next population.

        Returns:
            The next population, and whether each child ranks among the `p` best of all, `[k]`.
        """
        p, of_parents = len(self), self.scores[parents]
        everyone = np.concatenate([self.members, children])
        all_scores = np.concatenate([self.scores, scores])
        ranking = order(all_scores)
        place = np.empty(len(ranking), np.int64)
        place[ranking] = np.arange(len(ranking))
        won = (place[p:] < p) & (scores != of_parents).any(axis=1)
        stays = np.ones(len(everyone), bool)
        stays[parents[_dominate(scores, of_parents)]] = False
        same = (children[:, np.newaxis] == everyone).all(axis=2)
        stays[p:] = ~np.tril(same, p - 1).any(axis=1)  # no doubles
        kept = ranking[stays[ranking]][:size]
        all_residuals = np.concatenate([self.residuals, residuals])
        return Population(everyone[kept], all_scores[kept], all_residuals[kept]), won

    def nearest(self) -> float:
        """Return the distance of the nearest member to the ideal point."""
        return float(distance_to_ideal(self.scores).min())


def order(scores: Array) -> Positions:
    """Return positions, the best first: by the only score, or by rank and then by crowding.

    Deb et al., "A fast and elitist multiobjective genetic algorithm", 2002. The one nearest to the
    ideal point, the answer of a search, counts as an end of its front.

    Args:
        scores: Scores `[n, m]`.
    """
    if scores.shape[1] == 1:
        return np.argsort(scores[:, 0], kind="stable")
    rank = NonDominatedSorting().do(scores, return_rank=True)[1]
    space = crowding(scores, rank)
    space[np.argmin(distance_to_ideal(scores))] = np.inf
    return np.lexsort((-space, rank))


def crowding(scores: Array, rank: Positions) -> Array:
    """Return the crowding distance of each row within its rank, `[n]` (Deb et al., 2002).

        c_i = sum_j (s_j above i - s_j below i) / (max s_j - min s_j)    (1)

    over the objectives j, with the neighbours of i, and the extent, within the rank. It is
    infinite at the ends of each objective.

    Args:
        scores: Scores `[n, m]`.
        rank: Rank of each row, `[n]`.
    """
    space = np.zeros(len(scores))
    for column in scores.T:
        place = np.lexsort((column, rank))
        value, front = column[place], rank[place]
        first = np.ones(len(front) + 1, bool)  # first of its front; one more past the last
        first[1:-1] = front[1:] != front[:-1]
        ends = np.flatnonzero(first)
        extent = np.repeat(value[ends[1:] - 1] - value[ends[:-1]], np.diff(ends))
        gap = np.full(len(value), np.inf)
        gap[1:-1] = value[2:] - value[:-2]
        gap[first[:-1] | first[1:]] = np.inf
        space[place] += np.divide(gap, extent, out=gap, where=extent > 0)
    return space


def _dominate(better: Array, worse: Array) -> Mask:
    """Return which rows `[k, m]` dominate the same row of `worse`, `[k, m]`."""
    return np.asarray((better <= worse).all(axis=1) & (better < worse).any(axis=1))
