"""The default: the optimizer that was measured to do best on sounds."""

from dataclasses import dataclass
from typing import ClassVar

from search.optimizer import Objectives, Optimizer
from search.portfolio import Portfolio
from synths.parameters import Array, Subspace


@dataclass(kw_only=True, eq=False)
class Auto(Optimizer):
    """Chooses for you, by what was measured on sounds; see search/README.md."""

    categories: ClassVar[bool] = True
    objectives: ClassVar[Objectives] = "many"

    def _setup(self) -> None:
        self._choice = rule(self.subspace, self.n_objectives, self.budget)
        self._chosen = CHOICES[self._choice](
            self.subspace,
            self.n_objectives,
            seed=self.seed,
            initial=self.initial,
            budget=self.budget,
        )

    def _ask(self) -> Array:
        return self._chosen.ask()

    def _tell(self, genotypes: Array, scores: Array) -> None:
        self._chosen.tell(genotypes, scores)

    def chose(self) -> str | None:
        """Name of the optimizer that it chose; see `Optimizer.chose`."""
        return self._choice

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; see `Optimizer.stopped`."""
        return self._chosen.stopped()


CHOICES: dict[str, type[Optimizer]] = {"portfolio": Portfolio}


def rule(subspace: Subspace, n_objectives: int, budget: int | None) -> str:
    """Choose an optimizer.

    Args:
        subspace: The free parameters.
        n_objectives: `m`.
        budget: Evaluations that the search may take; None if that is not known.

    Returns:
        Its name in `CHOICES`.
    """
    return "portfolio"
