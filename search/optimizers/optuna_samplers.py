"""Adaptors of Optuna's samplers, which ask and tell a whole generation at a time."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from patchwright.search.discrete import categories, centre, level
from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.search.quiet import quiet
from patchwright.synths.parameters import Array


def _distribution(levels: int, is_category: bool) -> BaseDistribution:
    if is_category:
        return CategoricalDistribution(tuple(range(levels)))
    return IntDistribution(0, levels - 1) if levels else FloatDistribution(0.0, 1.0)


@dataclass(kw_only=True, eq=False)
class OptunaOptimizer(Optimizer):
    """Keeps a study of Optuna in memory.

    Args:
        population: Genotypes per generation; the first has the initial ones, then samples of the
            prior.
    """

    population: int = 50

    least_population: ClassVar[int] = 2
    learns_from_all: ClassVar[bool] = False  # takes all initial genotypes at once

    @abstractmethod
    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler: ...

    def _setup(self) -> None:
        at_least("population", self.population, self.least_population)
        levels = self.subspace.levels.tolist()
        unordered = categories(self.subspace) & self.supports_categories
        self._distributions: dict[str, BaseDistribution] = {}
        for i, (k, is_category) in enumerate(zip(levels, unordered, strict=True)):
            self._distributions[f"x{i}"] = _distribution(k, is_category)
        with quiet():
            self._study = optuna.create_study(
                storage=optuna.storages.InMemoryStorage(),
                sampler=self._sampler(int(self._rng.integers(2**31))),
                study_name="search",
                directions=["minimize"] * self._n_scores,
            )
        first = self._starting_points(self.population)
        if self.learns_from_all and self.initial is not None:
            first = self.initial
        self._next = len(first)
        for row, bins in zip(first, level(first, self.subspace.levels), strict=True):
            values = [int(b) if k else float(x) for x, b, k in zip(row, bins, levels, strict=True)]
            self._study.enqueue_trial(dict(zip(self._distributions, values, strict=True)))

    def _ask(self) -> Array:
        self._trials = [self._study.ask(self._distributions) for _ in range(self._next)]
        self._next = self.population
        values = np.array([[t.params[name] for name in self._distributions] for t in self._trials])
        levels = self.subspace.levels
        return np.where(levels > 0, centre(values.astype(np.int64), levels), values)

    def _tell(self, told: Told) -> None:
        scores = told.scores
        for trial, values in zip(self._trials, scores.tolist(), strict=True):
            self._study.tell(trial, values)


@dataclass(kw_only=True, eq=False)
class TPE(OptunaOptimizer):
    """Tree-structured Parzen estimators; `ask` takes longer every generation.

    Bergstra et al., "Algorithms for hyper-parameter optimization", 2011; several objectives: Ozaki
    et al., "Multiobjective tree-structured Parzen estimator", 2022. Small populations need the
    fewest renders.

    Args:
        startup: Number of genotypes before the estimators are used.
    """

    population: int = 5
    startup: int = 10

    supports_categories: ClassVar[bool] = True
    least_population: ClassVar[int] = 1
    learns_from_all: ClassVar[bool] = True

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, n_startup_trials=at_least("startup", self.startup, 1)
        )


@dataclass(kw_only=True, eq=False)
class GP(OptunaOptimizer):
    """Gaussian process with expected improvement; minimises the mean of the objectives.

    Snoek et al., "Practical Bayesian optimization of machine learning algorithms", 2012. `ask`
    takes tenths of a second per genotype, and seconds in mixed spaces or after some hundred
    renders, so it is for small budgets. The hypervolume of several objectives would take several
    times as long.

    Args:
        startup: Number of genotypes before the process is used.
    """

    population: int = 5
    startup: int = 10

    supports_categories: ClassVar[bool] = True
    multi_objective: ClassVar[bool] = False
    least_population: ClassVar[int] = 1
    learns_from_all: ClassVar[bool] = True

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.GPSampler(
            seed=seed,
            n_startup_trials=at_least("startup", self.startup, 1),
            deterministic_objective=True,
        )


@dataclass(kw_only=True, eq=False)
class OptunaNSGA2(OptunaOptimizer):
    """NSGA-II (Deb et al., 2002) with Optuna's operators: uniform crossover and random resets."""

    supports_categories: ClassVar[bool] = True

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.NSGAIISampler(seed=seed, population_size=self.population)


@dataclass(kw_only=True, eq=False)
class OptunaCMAES(OptunaOptimizer):
    """CMA-ES as Optuna runs it, without restarts; minimises the mean of the objectives."""

    population: int = 14

    multi_objective: ClassVar[bool] = False
    least_population: ClassVar[int] = 4

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.CmaEsSampler(
            seed=seed, popsize=self.population, warn_independent_sampling=False
        )
