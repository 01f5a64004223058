"""The optimizer: a population whose operators compete."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.account import Origins
from patchwright.search.discrete import categories, snap
from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least, one_of, share
from patchwright.search.optimizers.portfolio.credit import Credit
from patchwright.search.optimizers.portfolio.ensemble import Ensemble
from patchwright.search.optimizers.portfolio.operators import OPERATORS, Brood, Operator, sparse
from patchwright.search.optimizers.portfolio.population import Population, Positions
from patchwright.synths.parameters import Array

START = "start"
"""Part of the presets that a population starts from; see `Optimizer.origins`."""

_PROGRESS = 0.01  # relative improvement of the best that resets the patience
_STOCK = 1_000  # samples of the prior, from which genes are redrawn


@dataclass(kw_only=True, eq=False)
class Portfolio(Optimizer):
    """Operators that compete by credit in a population that grows; the project's own optimizer.

    Each child has one parent, which is the likelier the better it is, and is made by one operator,
    which is the likelier the more successful it was recently. A child replaces its parent if it
    dominates it, and otherwise the worst member. The population grows with the square root of the
    evaluations, against early convergence. Without progress a second population starts from the
    prior; when that is stuck too, the best of both go on as one.

    Args:
        population: Members at the start.
        growth: Factor of the square root of the evaluations, which gives the number of members
            once it is larger.
        batch: Children per generation; a multiple of the number of workers keeps all busy.
        pressure: Selection pressure: 1 selects all members equally often as parents, more the
            better ones more often.
        operators: Names of the operators; `kalman` takes part only if residuals are measured.
        floor: Least probability of each operator.
        patience: Evaluations within which the best must come 1 % nearer to the ideal point; 0
            never restarts.
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
        self._operators: dict[str, Operator] = {name: OPERATORS[name] for name in names}
        self._ensemble = Ensemble(len(self.subspace))
        self._credit = Credit(len(self._operators), self.floor)
        self._categories = categories(self.subspace)
        self._stock = self.subspace.sample(_STOCK, self._rng)
        self._resting: tuple[Population, int] | None = None
        n_initial = 0 if self.initial is None else len(self.initial)
        self._start(self._starting_points(max(self.population, n_initial)))

    def _start(self, genotypes: Array) -> None:
        """Start a population of genotypes that are not evaluated yet."""
        self._unevaluated: Array | None = genotypes
        self._evaluated = self._since = 0
        self._record = math.inf

    def _stuck(self) -> bool:
        """Return whether the patience is used up."""
        nearest = self._population.nearest()
        if nearest < self._record * (1 - _PROGRESS):
            self._record, self._since = nearest, self._evaluated
        return self.patience > 0 and self._evaluated - self._since >= self.patience

    def _ask(self) -> Array:
        if self._unevaluated is not None:
            return self._unevaluated
        rng, members = self._rng, self._population.members
        ranks = len(members) * rng.random(self.batch) ** self.pressure
        self._parents = np.minimum(ranks.astype(np.int64), len(members) - 1)
        self._makers = self._credit.choose(self.batch, rng)
        children = np.empty((self.batch, members.shape[1]))
        for number, operator in enumerate(self._operators.values()):
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
        self._evaluated += len(genotypes)
        size = max(self.population, int(self.growth * math.sqrt(self._evaluated)))
        residuals = told.residuals
        if self._unevaluated is not None and not residuals.shape[1]:
            self._go_on_without_residuals()
        if "kalman" in self._operators:
            self._ensemble.add(genotypes, scores, residuals)
        if self._unevaluated is not None:
            self._population = Population.best(genotypes, scores, residuals, size)
            self._unevaluated = None
        else:
            self._population, won = self._population.with_children(
                genotypes, scores, residuals, self._parents, size
            )
            self._credit.learn(self._makers, won)
        if self._stuck():
            self._restart()

    def _go_on_without_residuals(self) -> None:
        if self._operators.pop("kalman", None) is not None:
            self._operators = self._operators or {"sparse": sparse}
            self._credit = Credit(len(self._operators), self.floor)

    def _restart(self) -> None:
        """Start a second population; or, if there are two, go on with the best of both."""
        if self._resting is None:
            self._resting = self._population, self._evaluated
            self._start(self.subspace.sample(self.population, self._rng))
        else:
            other, evaluated = self._resting
            size = max(len(self._population), len(other))
            self._population = other.joined(self._population, size)
            self._evaluated += evaluated
            self._since, self._resting = self._evaluated, None

    def origins(self) -> Origins:
        """Return the operators of the last children; see `Optimizer.origins`."""
        if self._unevaluated is not None:
            parts = [START] * len(self._unevaluated)
        else:
            names = list(self._operators)
            parts = [names[maker] for maker in self._makers]
        return Origins(parts, np.full(len(parts), np.nan))
