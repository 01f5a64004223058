"""The default: chooses by what was measured on sounds; see search/README.md."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from search.optimizer import Objectives, Optimizer
from search.optimizers.nsga2 import NSGA2
from search.optimizers.portfolio import Portfolio
from synths.parameters import Array

_FEW = 500  # evaluations, until which it does not pay to explore first
_UNKNOWN = 1_000  # evaluations that explore where the budget is not known
_HANDED_OVER = 300


def exploring(budget: int | None) -> int:
    """How many evaluations `nsga2` makes, before `portfolio` refines the best of them.

    Numbers and kinds of parameters have no say: among 32 to 35 of mixed kinds they made no
    difference, and others were not measured.

    Args:
        budget: Evaluations that the search may take; None if that is not known.
    """
    if budget is None:
        return _UNKNOWN
    return 0 if budget <= _FEW else budget // 2


@dataclass(kw_only=True, eq=False)
class Auto(Optimizer):
    """`nsga2` for half of the budget, then `portfolio`; up to 500 renders `portfolio` alone."""

    categories: ClassVar[bool] = True
    objectives: ClassVar[Objectives] = "many"
    residuals: ClassVar[bool] = True

    def _setup(self) -> None:
        self._exploring = exploring(self.budget)
        self._told = 0
        self._genotypes: Array = np.empty((0, len(self.subspace)))
        self._distances: Array = np.empty(0)
        self._chosen: Optimizer = self._begun(NSGA2 if self._exploring else Portfolio, self.initial)

    def _begun(self, method: type[Optimizer], initial: Array | None) -> Optimizer:
        return method(
            self.subspace, self.n_objectives, seed=self.seed, initial=initial, budget=self.budget
        )

    def _ask(self) -> Array:
        genotypes = self._chosen.ask()
        if not len(genotypes) and isinstance(self._chosen, NSGA2) and self._told:
            self._refine()
            genotypes = self._chosen.ask()
        return genotypes

    def _tell(self, genotypes: Array, scores: Array) -> None:
        self._chosen.tell(genotypes, scores, residuals=self._told_residuals)
        if not isinstance(self._chosen, NSGA2):
            return
        self._told += len(genotypes)
        distances = np.sqrt((scores**2).mean(axis=1))
        distances = np.concatenate([self._distances, distances])
        everyone = np.concatenate([self._genotypes, genotypes])
        _, first = np.unique(everyone, axis=0, return_index=True)
        first = np.sort(first)
        kept = first[np.argsort(distances[first], kind="stable")[:_HANDED_OVER]]
        self._genotypes, self._distances = everyone[kept], distances[kept]
        if self._told >= self._exploring:
            self._refine()

    def _refine(self) -> None:
        # what is asked again is not evaluated again, so that nothing but genotypes is handed over
        self._chosen = self._begun(Portfolio, self._genotypes)

    def chose(self) -> str | None:
        """Names of the optimizers that do the work; see `Optimizer.chose`."""
        return "nsga2, then portfolio" if self._exploring else "portfolio"

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; see `Optimizer.stopped`."""
        return self._chosen.stopped()
