"""A steady population: who stays when children come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymoo.operators.survival.rank_and_crowding.metrics import calc_crowding_distance
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from synths.parameters import Array


@dataclass(frozen=True)
class Population:
    """Members, the best first.

    Attributes:
        members: `[p, d]`.
        scores: `[p, m]`.
    """

    members: Array
    scores: Array

    def __len__(self) -> int:
        return len(self.members)

    @classmethod
    def best(cls, members: Array, scores: Array, size: int) -> "Population":
        """The best of members `[n, d]`, without those that are there twice."""
        _, first = np.unique(members, axis=0, return_index=True)
        first = np.sort(first)
        kept = first[order(scores[first])[:size]]
        return cls(members[kept], scores[kept])

    def joined(self, other: "Population", size: int) -> "Population":
        """The best of both."""
        return self.best(
            np.concatenate([self.members, other.members]),
            np.concatenate([self.scores, other.scores]),
            size,
        )

    def with_children(
        self, children: Array, scores: Array, parents: NDArray[np.int64], size: int
    ) -> tuple["Population", NDArray[np.bool_]]:
        """Let children take the place of the parents that they beat, or of the worst.

        Args:
            children: `[k, d]`.
            scores: Theirs, `[k, m]`.
            parents: Position of each one's parent, `[k]`.
            size: How many stay.

        Returns:
            The next population, and which children won a place among as many as before, `[k]`.
        """
        of_parents = self.scores[parents]
        stays = np.ones(len(self), bool)
        stays[parents[_dominate(scores, of_parents)]] = False
        place = np.empty(len(self) + len(children), np.int64)
        place[order(np.concatenate([self.scores, scores]))] = np.arange(len(place))
        won = (place[len(self) :] < len(self)) & (scores != of_parents).any(axis=1)
        kept = Population(self.members[stays], self.scores[stays])
        return kept.joined(Population(children, scores), size), won

    def nearest(self) -> float:
        """Distance of the one nearest to the ideal point, where every objective is 0."""
        return float(np.sqrt((self.scores**2).mean(axis=1).min()))


def order(scores: Array) -> NDArray[np.int64]:
    """Positions, the best first: by the only score, or by rank and then by crowding.

    Deb et al., "A fast and elitist multiobjective genetic algorithm", 2002. The one nearest to the
    ideal point, which is a search's answer, counts as an extreme one of its rank.

    Args:
        scores: `[n, m]`.
    """
    if scores.shape[1] == 1:
        return np.argsort(scores[:, 0], kind="stable")
    rank = NonDominatedSorting().do(scores, return_rank=True)[1]
    space = np.empty(len(scores))
    for front in range(rank.max() + 1):
        space[rank == front] = calc_crowding_distance(scores[rank == front])
    space[np.argmin((scores**2).sum(axis=1))] = np.inf
    return np.lexsort((-space, rank))


def _dominate(better: Array, worse: Array) -> NDArray[np.bool_]:
    """Which rows `[k, m]` are nowhere worse than the others `[k, m]`, and somewhere better."""
    return np.asarray((better <= worse).all(axis=1) & (better < worse).any(axis=1))
