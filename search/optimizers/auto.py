"""The default: what was measured to do best on sounds, whatever the budget."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from search.optimizer import Objectives, Optimizer
from search.optimizers.nsga2 import NSGA2
from search.optimizers.portfolio import Portfolio
from search.optimizers.portfolio.population import Population
from synths.parameters import Array

QUICK = 1_000
"""Evaluations until which `portfolio` leads, and after which it stalls; see search/README.md."""


@dataclass(kw_only=True, eq=False)
class Auto(Optimizer):
    """`portfolio` for 1,000 evaluations, then `nsga2` from the best of them."""

    categories: ClassVar[bool] = True
    objectives: ClassVar[Objectives] = "many"

    def _setup(self) -> None:
        self._told = 0
        self._best = Population(np.empty((0, len(self.subspace))), np.empty((0, self.n_objectives)))
        self._acting: Optimizer = Portfolio(
            self.subspace,
            self.n_objectives,
            seed=self.seed,
            initial=self.initial,
            budget=self.budget,
        )

    def _ask(self) -> Array:
        return self._acting.ask()

    def _tell(self, genotypes: Array, scores: Array) -> None:
        self._acting.tell(genotypes, scores)
        if self._told >= QUICK:
            return
        self._told += len(genotypes)
        self._best = self._best.joined(Population(genotypes, scores), NSGA2.population)
        if self._told >= QUICK:
            self._acting = NSGA2(
                self.subspace,
                self.n_objectives,
                seed=int(self._rng.integers(2**31)),
                initial=self._best.members,
                budget=self.budget,
            )

    def chose(self) -> str | None:
        """Which optimizers it left the work to; see `Optimizer.chose`."""
        return "portfolio" if self._told < QUICK else "portfolio, then nsga2"

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; see `Optimizer.stopped`."""
        return self._acting.stopped()
