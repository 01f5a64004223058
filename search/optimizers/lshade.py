"""L-SHADE, differential evolution with adaptive weights and a shrinking population.

Tanabe and Fukunaga, "Improving the search performance of SHADE using linear population size
reduction", CEC 2014.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.discrete import RARELY, categories, redraw, snap
from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array

_MEMORY = 6  # slots of the memory, H
_LEAST = 4  # members at the end
_ARCHIVE = 2.6  # size of the archive, in sizes of the population
_USUAL = 2_500  # budget if it is unknown
_PBEST = 0.11  # share p of the best members that mutants move towards


@dataclass(kw_only=True, eq=False)
class LSHADE(Optimizer):
    """Differential evolution that adapts and shrinks; minimises the mean of the objectives.

    Mutation is current-to-pbest/1 with an archive of replaced parents, crossover is binomial, and
    each member draws its weight F and crossover rate CR around the means M of a memory:

        v = x + F (x_pbest - x) + F (x_r1 - x_r2)         (1)
        F ~ Cauchy(M_F, 0.1),  CR ~ Normal(M_CR, 0.1)     (2)
        M = sum(g S^2) / sum(g S)                         (3)
        n = n_0 + (4 - n_0) evaluations / budget          (4)

    In (3), S are the F or CR that improved a member, and g the improvements. A category that
    changes is that of x_pbest or x_r1, or rarely any.

    Args:
        population: Genotypes of the first generation, n_0 in (4); 18 d in the paper. The budget in
            (4) is 2,500 evaluations if unknown.
    """

    population: int = 100

    supports_categories: ClassVar[bool] = True
    multi_objective: ClassVar[bool] = False

    def _setup(self) -> None:
        at_least("population", self.population, _LEAST)
        self._end = max(self.population, self.budget or _USUAL)
        self._columns = np.flatnonzero(categories(self.subspace))
        self._weights, self._crossovers = np.full(_MEMORY, 0.5), np.full(_MEMORY, 0.5)
        self._slot = self._evaluated = 0
        self._members, self._fitness = np.empty((0, len(self.subspace))), np.empty(0)
        self._archive = self._members

    def _ask(self) -> Array:
        if not len(self._members):
            return self._starting_points(self.population)
        n, rng = len(self._members), self._rng
        slots = rng.integers(_MEMORY, size=n)
        self._F = self._draw_weights(self._weights[slots])
        centre = self._crossovers[slots]  # NaN is the paper's terminal value: CR is 0
        self._CR = np.nan_to_num(np.clip(rng.normal(np.nan_to_num(centre), 0.1), 0, 1))
        self._CR[np.isnan(centre)] = 0.0
        ranking = np.argsort(self._fitness, kind="stable")
        pbest = ranking[rng.integers(max(2, round(_PBEST * n)), size=n)]
        first, second = self._partners(n)
        x, best = self._members, self._members[pbest]
        pool = np.concatenate([x, self._archive])
        F = self._F[:, np.newaxis]
        mutants = x + F * (best - x) + F * (x[first] - pool[second])  # (1)
        mutants = np.where(mutants < 0, x / 2, np.where(mutants > 1, (x + 1) / 2, mutants))
        mutants = snap(mutants, self.subspace.levels)
        self._mutate_categories(mutants, best, x[first])
        crossed = rng.random(x.shape) < self._CR[:, np.newaxis]
        crossed[np.arange(n), rng.integers(x.shape[1], size=n)] = True
        return np.where(crossed, mutants, x)

    def _draw_weights(self, centres: Array) -> Array:
        """Draw F as in (2) for centres `[n]`, again while not above 0, and clip to 1: `[n]`."""
        weights = np.zeros(len(centres))
        while (low := weights <= 0).any():
            weights[low] = centres[low] + 0.1 * self._rng.standard_cauchy(int(low.sum()))
        return np.minimum(weights, 1.0)

    def _partners(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw x_r1 of the members, and x_r2 of the members and the archive, for each member."""
        own = np.arange(n)
        first = (own + self._rng.integers(1, n, size=n)) % n
        size = n + len(self._archive)
        second = self._rng.integers(size - 2, size=n)
        for taken in np.sort(np.stack([own, first]), axis=0):  # skip the two that are taken
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
        self._evaluated += len(fitness)
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
        """Store the weighted Lehmer means (3) of the successful F and CR."""
        if not better.any():
            return
        F, CR = self._F[better], self._CR[better]
        self._weights[self._slot] = (gain * F**2).sum() / (gain * F).sum()
        ended = np.isnan(self._crossovers[self._slot]) or CR.max() == 0
        mean = np.nan if ended else (gain * CR**2).sum() / (gain * CR).sum()
        self._crossovers[self._slot] = mean
        self._slot = (self._slot + 1) % _MEMORY

    def _shrink(self) -> None:
        """Reduce the population to (4), the worst first, and the archive with it."""
        part = min(1.0, self._evaluated / self._end)
        size = max(_LEAST, round(self.population + (_LEAST - self.population) * part))
        best = np.sort(np.argsort(self._fitness, kind="stable")[:size])
        self._members, self._fitness = self._members[best], self._fitness[best]
        spare = len(self._archive) - int(_ARCHIVE * size)
        if spare > 0:
            kept = np.sort(self._rng.permutation(len(self._archive))[spare:])
            self._archive = self._archive[kept]
