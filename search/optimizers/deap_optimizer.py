"""Base classes of the adaptors of DEAP: individuals, variation and randomness."""

import random
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from deap import base

from patchwright.search.discrete import categories, redraw, snap, swap
from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array


class Individual(list[float]):
    """A genotype with the fitness that DEAP expects."""

    fitness: Any


@dataclass(kw_only=True, eq=False)
class DeapOptimizer(Optimizer):
    """Keeps a population of DEAP's individuals.

    Args:
        population: Genotypes per generation; the first has the initial ones, then samples of the
            prior.
    """

    population: int = 50

    least_population: ClassVar[int] = 2

    def _setup(self) -> None:
        at_least("population", self.population, self.least_population)
        weights = (-1.0,) * self._n_scores
        self._fitness = type("Fitness", (base.Fitness,), {"weights": weights})
        self._parents: list[Individual] = []
        drawn = np.random.default_rng((self.seed, 1)).integers(2**31, size=2)
        self._python = random.Random(int(drawn[0])).getstate()  # noqa: S311
        self._numpy = np.random.RandomState(drawn[1]).get_state()

    @contextmanager
    def _randomness(self) -> Iterator[None]:
        """Set the global generators, from which DEAP draws, to this optimizer's state.

        Their own state is restored afterwards; other threads must not draw from them meanwhile.
        """
        python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        try:
            yield
        finally:
            self._python, self._numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002

    def _individual(self, genotype: Any) -> Individual:
        individual = Individual(genotype)
        individual.fitness = self._fitness()
        return individual

    def _ask(self) -> Array:
        if not self._parents:
            return self._starting_points(self.population)
        with self._randomness():
            return self._offspring()

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        children = [self._individual(row) for row in genotypes.tolist()]
        for child, values in zip(children, scores.tolist(), strict=True):
            child.fitness.values = tuple(values)
        with self._randomness():
            self._select(children)

    @abstractmethod
    def _offspring(self) -> Array:
        """Return genotypes `[n, d]` made of the parents."""

    @abstractmethod
    def _select(self, children: list[Individual]) -> None:
        """Select the next parents; in the first generation there are none yet."""


@dataclass(kw_only=True, eq=False)
class DeapGenetic(DeapOptimizer):
    """Adds variation as in DEAP's `varAnd`: crossover of pairs, then mutation.

    Categories are swapped where a pair is crossed, and redrawn where a child is mutated.

    Args:
        crossover_rate: Probability that a pair is crossed.
        mutation_rate: Probability that a child is mutated.
        gene_rate: Probability that a gene of such a child changes; 1/d if None.
    """

    crossover_rate: float = 0.9
    mutation_rate: float = 1.0
    gene_rate: float | None = None

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        super()._setup()
        self._columns = np.flatnonzero(categories(self.subspace))
        self._gene_rate = 1 / len(self.subspace) if self.gene_rate is None else self.gene_rate

    @abstractmethod
    def _mate(self, first: Individual, second: Individual) -> None:
        """Cross two children in place."""

    @abstractmethod
    def _mutate(self, child: Individual) -> None:
        """Mutate a child in place."""

    def _vary(self, parents: list[Individual]) -> Array:
        """Return children `[n, d]` of parents, which are paired in their order."""
        children = [self._individual(parent) for parent in parents]
        crossed, mutated = [], []
        for i in range(0, len(children) - 1, 2):
            if random.random() < self.crossover_rate:  # noqa: S311
                self._mate(children[i], children[i + 1])
                crossed.append(i)
        for i, child in enumerate(children):
            if random.random() < self.mutation_rate:  # noqa: S311
                self._mutate(child)
                mutated.append(i)
        genotypes = np.clip(np.array(children), 0.0, 1.0)
        if len(self._columns):
            levels = self.subspace.levels[self._columns]
            genes = np.array(parents)[:, self._columns]
            first, second = np.array(crossed, int), np.array(crossed, int) + 1
            genes[first], genes[second] = swap(genes[first], genes[second], self._rng)
            genes[mutated] = redraw(genes[mutated], levels, self._gene_rate, self._rng)
            genotypes[:, self._columns] = genes
        return snap(genotypes, self.subspace.levels)
