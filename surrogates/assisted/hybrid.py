"""The portfolio, started by a surrogate, whose operators then compete with the others."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.optimizer import SearchError, Told
from patchwright.search.optimizers.portfolio import Portfolio
from patchwright.search.optimizers.portfolio.credit import Credit
from patchwright.search.optimizers.portfolio.population import Population
from patchwright.surrogates.assisted.guide import Guide
from patchwright.surrogates.assisted.operators import Descended, Screened
from patchwright.surrogates.assisted.starts import believed_starts
from patchwright.synths.parameters import Array

_WORTH = 1.25  # success of the surrogate's operators, in that of the others, that is worth the time
_PATIENCE = 8  # generations in a row with less after which one leaves


@dataclass(kw_only=True, eq=False)
class Hybrid(Portfolio):
    """Portfolio with a model: it chooses the start, screens children, and has a gradient.

    The random presets of the calibration come first. They tell the surrogate how spectrograms and
    objectives are related at this target. It then looks at thousands of random presets, moves the
    best down its gradient, and those that it believes to be nearest are rendered. From then on it
    is two more operators of the portfolio: one screens the children of the others, one moves
    parents down the gradient. They share children by credit as all operators do. Every render
    corrects the surrogate. One of its operators that has not been more successful than the others
    for a while leaves; after both, the search goes on as the plain portfolio, which is faster.

    Args:
        guide: Model, bound to the target.
        starts: Number of presets that the surrogate proposes at the start; 0 for none.
        screen: Whether the surrogate screens children.
        descend: Whether parents follow the surrogate's gradient.
        correct: Whether renders correct the model.
    """

    guide: Guide | None = None
    starts: int = 32
    screen: bool = True
    descend: bool = True
    correct: bool = True

    needs_guide: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.guide is None:
            raise SearchError("This optimizer needs a model: pass a guide.")
        if self.starts < 0:
            raise SearchError("starts must be at least 0.")
        super()._setup()
        self._surrogate = self.guide.surrogate(correct=self.correct)
        plain = tuple(self._operators)
        if self.screen:
            self._operators.append(Screened(self._surrogate, plain))
        if self.descend:
            self._operators.append(Descended(self._surrogate))
        self._credit = Credit(len(self._operators), self.floor)
        self._plain = len(plain)
        self._poor = np.zeros(len(self._operators) - len(plain), np.int64)
        self._told = 0
        self._left_after: int | None = None
        self._is_first = True
        self._proposed_starts: Array | None = None

    def _ask(self) -> Array:
        return super()._ask() if self._proposed_starts is None else self._proposed_starts

    def _tell(self, told: Told) -> None:
        if self._left_after is None:
            self._surrogate.learn(told.genotypes, told.scores, told.residuals)
        if self._proposed_starts is None:
            super()._tell(told)
        else:
            self._welcome(told)
        self._told += len(told.genotypes)
        self._proposed_starts = None
        if self._is_first and self.starts and self._surrogate.is_ready:
            self._proposed_starts = believed_starts(
                self._surrogate, self.subspace, self.starts, self._rng
            )
        self._is_first = False
        self._dismiss()

    def _dismiss(self) -> None:
        """Go on without the surrogate's operators that have not been worth their time lately."""
        rates = self._credit.rates
        enough = _WORTH * rates[: self._plain].mean()
        poor = rates[self._plain :] < enough
        self._poor = np.where(poor, self._poor + 1, 0)
        for place in np.flatnonzero(self._poor >= _PATIENCE)[::-1]:
            self._poor = np.delete(self._poor, place)
            self._credit.drop(self._plain + place)
            del self._operators[self._plain + place]
            if not len(self._poor):
                self._left_after = self._told

    def _welcome(self, told: Told) -> None:
        """Add evaluations that are no children to the population."""
        size = len(told.genotypes)
        new = Population.best(told.genotypes, told.scores, told.residuals, size)
        self._population = self._population.joined(new, len(self._population))
        self._ensemble.add(told.genotypes, told.scores, told.residuals)
        self._evaluated += size

    def chose(self) -> str | None:
        """Return the name of its model; see `Optimizer.chose`."""
        if self.guide is None:
            return None
        until = "" if self._left_after is None else f" until {self._left_after} renders"
        return f"hybrid, with the model {self.guide.name}{until}"
