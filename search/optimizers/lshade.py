"""L-SHADE (Tanabe and Fukunaga, "Improving the search performance of SHADE", CEC 2014)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.discrete import RARELY, categories, redraw, snap
from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array

_MEMORY = 6  # H
_LEAST = 4  # members at the end
_ARCHIVE = 2.6  # members of the archive for each of the population
_USUAL = 2_500  # evaluations, where the budget is not known
_PBEST = 0.11  # share of the population whose members are followed


@dataclass(kw_only=True, eq=False)
class LSHADE(Optimizer):
    """Differential evolution that learns its weights and shrinks; several objectives become one.

    Mutation is current-to-pbest/1 with an archive of beaten parents. A changed category is that
    of the followed member or of a random one, now and then any.

    Args:
        population: Genotypes of the first generation; the paper's is 18 d. It shrinks to 4 over the
            search's budget, or over 2,500 evaluations.
    """

    population: int = 100

    supports_categories: ClassVar[bool] = True
    multi_objective: ClassVar[bool] = False

    def _setup(self) -> None:
        at_least("population", self.population, _LEAST)
        self._end = max(self.population, self.budget or _USUAL)
        self._columns = np.flatnonzero(categories(self.subspace))
        self._weights, self._crossovers = np.full(_MEMORY, 0.5), np.full(_MEMORY, 0.5)
        self._slot = self._told = 0
        self._members, self._fitness = np.empty((0, len(self.subspace))), np.empty(0)
        self._archive = self._members

    def _ask(self) -> Array:
        if not len(self._members):
            return self._starting_points(self.population)
        n, rng = len(self._members), self._rng
        slots = rng.integers(_MEMORY, size=n)
        self._F = self._draw_weights(self._weights[slots])
        centre = self._crossovers[slots]  # NaN: the paper's terminal value, no crossover
        self._CR = np.nan_to_num(np.clip(rng.normal(np.nan_to_num(centre), 0.1), 0, 1))
        self._CR[np.isnan(centre)] = 0.0
        followed = np.argsort(self._fitness, kind="stable")[
            rng.integers(max(2, round(_PBEST * n)), size=n)
        ]
        first, second = self._partners(n)
        x, best = self._members, self._members[followed]
        pool = np.concatenate([x, self._archive])
        F = self._F[:, np.newaxis]
        mutants = x + F * (best - x) + F * (x[first] - pool[second])
        mutants = np.where(mutants < 0, x / 2, np.where(mutants > 1, (x + 1) / 2, mutants))
        mutants = snap(mutants, self.subspace.levels)
        self._mutate_categories(mutants, best, x[first])
        crossed = rng.random(x.shape) < self._CR[:, np.newaxis]
        crossed[np.arange(n), rng.integers(x.shape[1], size=n)] = True
        return np.where(crossed, mutants, x)

    def _draw_weights(self, centres: Array) -> Array:
        """Cauchy numbers, drawn again while they are not above 0, at most 1: `[n]`."""
        weights = np.zeros(len(centres))
        while (low := weights <= 0).any():
            weights[low] = centres[low] + 0.1 * self._rng.standard_cauchy(int(low.sum()))
        return np.minimum(weights, 1.0)

    def _partners(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two others for each member, the second from the members and the archive."""
        own = np.arange(n)
        first = (own + self._rng.integers(1, n, size=n)) % n
        size = n + len(self._archive)
        second = self._rng.integers(size - 2, size=n)
        for taken in np.sort(np.stack([own, first]), axis=0):  # skip over the two that are taken
            second += second >= taken
        return first, second

    def _mutate_categories(self, mutants: Array, best: Array, other: Array) -> None:
        if len(self._columns):
            rng, columns = self._rng, self._columns
            taken = np.where(
                rng.random((len(mutants), len(columns))) < 0.5, best[:, columns], other[:, columns]
            )
            mutants[:, columns] = redraw(taken, self.subspace.levels[columns], RARELY, rng)

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        fitness = scores[:, 0]
        self._told += len(fitness)
        if not len(self._members):
            self._members, self._fitness = genotypes, fitness
        else:
            gain = self._fitness - fitness
            better = gain > 0
            self._archive = np.concatenate([self._archive, self._members[better]])
            self._learn(better, gain[better])
            kept = fitness <= self._fitness
            self._members = np.where(kept[:, np.newaxis], genotypes, self._members)
            self._fitness = np.where(kept, fitness, self._fitness)
        self._shrink()

    def _learn(self, better: NDArray[np.bool_], gain: Array) -> None:
        """Remember the weighted Lehmer means of what was successful."""
        if not better.any():
            return
        F, CR = self._F[better], self._CR[better]
        self._weights[self._slot] = (gain * F**2).sum() / (gain * F).sum()
        ended = np.isnan(self._crossovers[self._slot]) or CR.max() == 0
        mean = np.nan if ended else (gain * CR**2).sum() / (gain * CR).sum()
        self._crossovers[self._slot] = mean
        self._slot = (self._slot + 1) % _MEMORY

    def _shrink(self) -> None:
        """Reduce the population linearly, the worst first, and the archive with it."""
        part = min(1.0, self._told / self._end)
        size = max(_LEAST, round(self.population + (_LEAST - self.population) * part))
        best = np.sort(np.argsort(self._fitness, kind="stable")[:size])
        self._members, self._fitness = self._members[best], self._fitness[best]
        spare = len(self._archive) - int(_ARCHIVE * size)
        if spare > 0:
            kept = np.sort(self._rng.permutation(len(self._archive))[spare:])
            self._archive = self._archive[kept]
