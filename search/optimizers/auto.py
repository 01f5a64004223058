"""The default: chooses by what was measured on sounds; see search/README.md."""

from dataclasses import dataclass
from typing import ClassVar

from search.optimizer import Objectives, Optimizer
from search.optimizers.nsga2 import NSGA2
from search.optimizers.portfolio import Portfolio
from synths.parameters import Array

CHOICES: dict[str, type[Optimizer]] = {"portfolio": Portfolio, "nsga2": NSGA2}

_FEW = 1_000  # evaluations, until which `portfolio` comes nearer


def rule(budget: int | None) -> str:
    """Choose an optimizer.

    Numbers and kinds of parameters have no say: among 32 to 35 of mixed kinds they made no
    difference, and others were not measured.

    Args:
        budget: Evaluations that the search may take; None if that is not known.

    Returns:
        Its name in `CHOICES`.
    """
    return "portfolio" if budget is not None and budget <= _FEW else "nsga2"


@dataclass(kw_only=True, eq=False)
class Auto(Optimizer):
    """`portfolio` if the budget is of up to 1,000 renders, `nsga2` if it is greater or unknown."""

    categories: ClassVar[bool] = True
    objectives: ClassVar[Objectives] = "many"

    def _setup(self) -> None:
        self._choice = rule(self.budget)
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
        """Name of the optimizer that does the work; see `Optimizer.chose`."""
        return self._choice

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; see `Optimizer.stopped`."""
        return self._chosen.stopped()
