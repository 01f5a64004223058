"""The portfolio, started by a surrogate, whose operators then compete with the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.account import Origins
from patchwright.search.optimizer import SearchError, Told, at_least
from patchwright.search.optimizers.portfolio import Portfolio
from patchwright.search.optimizers.portfolio.credit import Credit
from patchwright.search.optimizers.portfolio.population import Population
from patchwright.surrogates.assisted.guide import Guide
from patchwright.surrogates.assisted.operators import Descended, Screened
from patchwright.surrogates.assisted.predictor import Predictor
from patchwright.surrogates.assisted.starts import believed_starts
from patchwright.surrogates.estimators import Sampling
from patchwright.synths.parameters import Array

MODEL, SCREEN, DESCEND = "model", "screen", "descend"
"""Parts that ask the surrogate: the start that it chooses, and its operators."""

PREDICTED = "predicted"
"""Part that takes the presets of a predictor."""

_WORTH = 1.25  # success of the surrogate's operators, in that of the others, that is worth the time
_PATIENCE = 8  # generations in a row with less after which one leaves


@dataclass(kw_only=True, eq=False)
class Hybrid(Portfolio):
    """Portfolio with a model: it chooses the start, screens children, and has a gradient.

    The random presets of the calibration come first, then those of a predictor, if there is one.
    They tell the surrogate how spectrograms and objectives are related at this target. It then
    looks at thousands of random presets, moves the best down its gradient, and those that it
    believes to be nearest are rendered. From then on it is two more operators of the portfolio: one
    screens the children of the others, one moves parents down the gradient. They share children by
    credit as all operators do. Every render corrects the surrogate. One of its operators that has
    not been more successful than the others for a while leaves; after both, the search goes on as
    the plain portfolio, which is faster.

    Args:
        guide: Model, bound to the target.
        predictor: Estimator or dataset, bound to the target, whose presets are starts as well; None
            for none.
        predicted: Number of its presets.
        starts: Number of presets that the surrogate proposes at the start; 0 for none.
        rounds: Number of generations in which it proposes them. A descent leads to where the model
            is wrong, and the renders of each round correct it for the next; each also takes time.
        screen: Whether the surrogate screens children.
        descend: Whether parents follow the surrogate's gradient.
        correct: Whether renders correct the model.
    """

    guide: Guide | None = None
    predictor: Predictor | None = None
    predicted: int = 16
    starts: int = 32
    rounds: int = 1
    screen: bool = True
    descend: bool = True
    correct: bool = True

    needs_guide: ClassVar[bool] = True
    takes_predictor: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.guide is None:
            raise SearchError("This optimizer needs a model: pass a guide.")
        at_least("predicted", self.predicted, 0)
        at_least("starts", self.starts, 0)
        at_least("rounds", self.rounds, 1)
        super()._setup()
        self._surrogate = self.guide.surrogate(correct=self.correct)
        plain = tuple(self._operators.values())
        if self.screen:
            self._operators[SCREEN] = Screened(self._surrogate, plain)
        if self.descend:
            self._operators[DESCEND] = Descended(self._surrogate)
        self._credit = Credit(len(self._operators), self.floor)
        self._plain = len(plain)
        self._poor = np.zeros(len(self._operators) - len(plain), np.int64)
        self._told = 0
        self._left_after: int | None = None
        self._starts_left = self.starts
        self._proposed_starts: Array | None = None
        self._proposed_by = MODEL
        self._predicts = self.predictor is not None and self.predicted > 0

    def _ask(self) -> Array:
        return super()._ask() if self._proposed_starts is None else self._proposed_starts

    def _tell(self, told: Told) -> None:
        if self._left_after is None:
            self._surrogate.learn(told.genotypes, told.scores, told.residuals)
        self._told += len(told.genotypes)
        if self._proposed_starts is not None:
            self._welcome(told)
        else:
            are_children = self._unevaluated is None
            super()._tell(told)
            if are_children:
                self._dismiss()
        self._proposed_starts = self._predict()
        if self._proposed_starts is None and self._starts_left and self._surrogate.is_ready:
            n = min(-(-self.starts // self.rounds), self._starts_left)
            self._proposed_starts = believed_starts(self._surrogate, self.subspace, n, self._rng)
            self._proposed_by = MODEL
            self._starts_left -= n

    def _predict(self) -> Array | None:
        """Take the predictor's presets, once; None if there are none."""
        if self.predictor is None or not self._predicts:
            return None
        self._predicts = False
        found = self.predictor.propose(0, self.predicted, self._rng, Sampling())
        self._proposed_by = PREDICTED
        return found if len(found) else None

    def _dismiss(self) -> None:
        """Go on without the surrogate's operators that have not been worth their time lately."""
        rates = self._credit.rates
        enough = _WORTH * rates[: self._plain].mean()
        poor = rates[self._plain :] < enough
        self._poor = np.where(poor, self._poor + 1, 0)
        names = list(self._operators)
        for place in np.flatnonzero(self._poor >= _PATIENCE)[::-1]:
            self._poor = np.delete(self._poor, place)
            self._credit.drop(self._plain + place)
            del self._operators[names[self._plain + place]]
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
        starts = "" if self.predictor is None else f" and presets of {self.predictor.name}"
        return f"hybrid, with the model {self.guide.name}{starts}{until}"

    def origins(self) -> Origins:
        """Return the parts that proposed the last presets, and what its own were believed to be.

        See `Optimizer.origins`.
        """
        if self._proposed_starts is not None:
            parts: Sequence[str] = [self._proposed_by] * len(self._proposed_starts)
        else:
            parts = super().origins().parts
        believed = np.full(len(parts), np.nan)
        own = np.flatnonzero(np.isin(parts, (MODEL, SCREEN, DESCEND)))
        if len(own) and self._asked is not None:
            believed[own] = self._surrogate.believe(self._asked[own]).distances
        return Origins(parts, believed)
