"""A population whose operators compete: Patchwright's own optimizer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.discrete import categories, snap
from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least, one_of, share
from patchwright.search.optimizers.portfolio.credit import Credit
from patchwright.search.optimizers.portfolio.ensemble import Ensemble
from patchwright.search.optimizers.portfolio.operators import OPERATORS, Brood, kalman, sparse
from patchwright.search.optimizers.portfolio.population import Population, Positions
from patchwright.synths.parameters import Array

_PROGRESS = 0.01  # share by which the best must come nearer within the patience
_STOCK = 1_000  # draws from the prior, of which redrawn genes are taken


@dataclass(kw_only=True, eq=False)
class Portfolio(Optimizer):
    """Small and greedy at first, larger and more patient the longer it takes.

    Each child has one parent, the better the likelier, and is made by one operator, the more
    successful of late the likelier. It takes the place of the parent that it beats, or of the
    worst. The population grows with the root of the evaluations, which keeps it from
    converging early. When it makes no more progress a second one starts from the prior; when that
    one has stopped too, the best of both go on as one.

    Args:
        population: Members at first.
        growth: Members for each root of an evaluation, once these are more.
        batch: Children a generation; for all workers to be busy, a multiple of their number.
        pressure: 1 makes all members parents alike; above, the better ones more often.
        operators: Names of those that compete; `kalman` does only where residuals are told.
        floor: Least probability of each.
        patience: Evaluations within which the best must come nearer to the ideal point by 1 %.
            0 never restarts.
    """

    population: int = 20
    growth: float = 1.0
    batch: int = 16
    pressure: float = 1.5
    operators: Sequence[str] = ("sparse", "blend", "differential", "kalman")
    floor: float = 0.05
    patience: int = 1_500

    supports_categories: ClassVar[bool] = True
    learns_from_residuals: ClassVar[bool] = True

    def _setup(self) -> None:
        at_least("population", self.population, 2)
        at_least("batch", self.batch, 1)
        at_least("patience", self.patience, 0)
        share("floor", self.floor)
        if self.growth < 0 or self.pressure < 1:
            raise SearchError("growth must be at least 0, and pressure at least 1.")
        names = [one_of("operators", name, tuple(OPERATORS)) for name in self.operators]
        if not (self.subspace.levels > 1).any():
            names = [name for name in names if name != "category"]
        if not names:
            raise SearchError(
                f"operators has none for these parameters: name some of {', '.join(OPERATORS)}."
            )
        self._operators = [OPERATORS[name] for name in names]
        self._ensemble = Ensemble(len(self.subspace))
        self._credit = Credit(len(self._operators), self.floor)
        self._categories = categories(self.subspace)
        self._stock = self.subspace.sample(_STOCK, self._rng)
        self._resting: tuple[Population, int] | None = None
        given = 0 if self.initial is None else len(self.initial)
        self._start(self._starting_points(max(self.population, given)))

    def _start(self, genotypes: Array) -> None:
        """Begin with a population that has yet to be evaluated."""
        self._beginners: Array | None = genotypes
        self._told = self._since = 0
        self._record = math.inf

    def _stuck(self) -> bool:
        """Whether the patience is over."""
        nearest = self._population.nearest()
        if nearest < self._record * (1 - _PROGRESS):
            self._record, self._since = nearest, self._told
        return self.patience > 0 and self._told - self._since >= self.patience

    def _ask(self) -> Array:
        if self._beginners is not None:
            return self._beginners
        rng, members = self._rng, self._population.members
        ranks = len(members) * rng.random(self.batch) ** self.pressure
        self._parents = np.minimum(ranks.astype(np.int64), len(members) - 1)
        self._makers = self._credit.choose(self.batch, rng)
        children = np.empty((self.batch, members.shape[1]))
        for number, operator in enumerate(self._operators):
            rows = self._makers == number
            if rows.any():
                children[rows] = operator(self._brood(self._parents[rows]))
        children = snap(np.clip(children, 0, 1), self.subspace.levels)
        known = (children[:, np.newaxis] == members).all(axis=2).any(axis=1)
        if known.any():
            others = sparse(self._brood(self._parents[known]))
            children[known] = snap(others, self.subspace.levels)
        return children

    def _brood(self, parents: Positions) -> Brood:
        return Brood(
            subspace=self.subspace,
            categories=self._categories,
            population=self._population,
            parents=parents,
            stock=self._stock,
            ensemble=self._ensemble,
            rng=self._rng,
        )

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        self._told += len(genotypes)
        size = max(self.population, int(self.growth * math.sqrt(self._told)))
        residuals = told.residuals
        if self._beginners is not None and not residuals.shape[1]:
            self._go_on_without_residuals()
        if kalman in self._operators:
            self._ensemble.add(genotypes, scores, residuals)
        if self._beginners is not None:
            self._population = Population.best(genotypes, scores, residuals, size)
            self._beginners = None
        else:
            self._population, won = self._population.with_children(
                genotypes, scores, residuals, self._parents, size
            )
            self._credit.learn(self._makers, won)
        if self._stuck():
            self._restart()

    def _go_on_without_residuals(self) -> None:
        if kalman in self._operators:
            self._operators = [o for o in self._operators if o is not kalman] or [sparse]
            self._credit = Credit(len(self._operators), self.floor)

    def _restart(self) -> None:
        """Rest and let another population try; or go on with the best of both."""
        if self._resting is None:
            self._resting = self._population, self._told
            self._start(self.subspace.sample(self.population, self._rng))
        else:
            other, told = self._resting
            size = max(len(self._population), len(other))
            self._population = other.joined(self._population, size)
            self._told += told
            self._since, self._resting = self._told, None
