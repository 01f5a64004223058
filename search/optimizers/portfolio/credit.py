"""Which operator makes the next child: the more often it succeeded of late, the more often it."""

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array

_FADE = 0.98  # weight of a child's success once another child was told


class Credit:
    """Probability matching (Thierens, "An adaptive pursuit strategy", GECCO 2005, section 2.1).

    Args:
        n: Operators, all equal at first.
        floor: Least probability of each; all are equal where `n * floor` is 1 and more.
    """

    def __init__(self, n: int, floor: float) -> None:
        self._floor = min(floor, 1 / n)
        self._tried, self._won = np.ones(n), np.full(n, 0.5)

    def probabilities(self) -> Array:
        """Of each operator, `[n]`."""
        rate = self._won / self._tried
        spare = 1 - len(rate) * self._floor
        return np.asarray(self._floor + spare * rate / rate.sum())

    def choose(self, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw the operators of `k` children."""
        return np.searchsorted(np.cumsum(self.probabilities())[:-1], rng.random(k), side="right")

    def learn(self, operators: NDArray[np.int64], won: NDArray[np.bool_]) -> None:
        """Take in which operators `[k]` made a child that won a place, `[k]`."""
        n, fade = len(self._tried), _FADE ** len(operators)
        tried = np.bincount(operators, minlength=n)
        # what is added lets the rate of an operator that is not tried drift to a tenth, not to 0
        self._tried = fade * self._tried + tried + 1e-3
        self._won = fade * self._won + np.bincount(operators, weights=won, minlength=n) + 1e-4
