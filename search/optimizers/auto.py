"""The default optimizer, chosen by measurements on sounds; see docs/search.md."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.account import Origins
from patchwright.search.optimizer import Optimizer, Told, nearest
from patchwright.search.optimizers.nsga2 import NSGA2
from patchwright.search.optimizers.portfolio import Portfolio
from patchwright.search.optimizers.portfolio.ensemble import MOST
from patchwright.synths.parameters import Array

_FEW = 500  # budget up to which it does not pay to explore first
_UNKNOWN = 1_000  # evaluations that explore if the budget is unknown


def exploring(budget: int | None) -> int:
    """Return the number of evaluations of `nsga2`, before `portfolio` refines the best of them.

    It does not depend on the parameters: among 32 to 35 of mixed kinds they made no difference,
    and others were not measured.

    Args:
        budget: Number of evaluations of the whole search; None if unknown.
    """
    if budget is None:
        return _UNKNOWN
    return 0 if budget <= _FEW else budget // 2


@dataclass(kw_only=True, eq=False)
class Auto(Optimizer):
    """`nsga2` for half of the budget, then `portfolio`; up to 500 renders only `portfolio`."""

    supports_categories: ClassVar[bool] = True
    learns_from_residuals: ClassVar[bool] = True

    def _setup(self) -> None:
        self._exploring = exploring(self.budget)
        self._explored: list[tuple[Array, Array]] = []
        self._chosen: Optimizer = self._new(NSGA2 if self._exploring else Portfolio, self.initial)

    def _new(self, cls: type[Optimizer], initial: Array | None) -> Optimizer:
        return cls(
            self.subspace, self.n_objectives, seed=self.seed, initial=initial, budget=self.budget
        )

    def _ask(self) -> Array:
        genotypes = self._chosen.ask()
        if not len(genotypes) and isinstance(self._chosen, NSGA2):
            self._refine()
            genotypes = self._chosen.ask()
        return genotypes

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        self._chosen.tell(genotypes, scores, residuals=told.residuals)
        if isinstance(self._chosen, NSGA2):
            self._explored.append((genotypes, scores))
            if sum(len(part) for part, _ in self._explored) >= self._exploring:
                self._refine()

    def _refine(self) -> None:
        genotypes, scores = map(np.concatenate, zip(*self._explored, strict=True))
        self._explored.clear()
        # proposed again, these are not rendered again; so only genotypes are handed over, as many
        # as `kalman` learns from
        best = genotypes[nearest(genotypes, scores, MOST)]
        self._chosen = self._new(Portfolio, best)

    def chose(self) -> str | None:
        """Return the names of the optimizers that do the work; see `Optimizer.chose`."""
        return "nsga2, then portfolio" if self._exploring else "portfolio"

    def origins(self) -> Origins | None:
        """Return who proposed the presets of the last `ask`; see `Optimizer.origins`."""
        return self._chosen.origins()

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return self._chosen.stopped()
