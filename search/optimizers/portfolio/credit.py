"""Choice of the operator of each child by its recent success."""

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array

_FADE = 0.98  # factor by which one more child reduces the weight of earlier ones


class Credit:
    """Probability matching (Thierens, "An adaptive pursuit strategy", GECCO 2005, section 2.1).

        P_i = floor + (1 - n floor) q_i / sum_j q_j    (1)

    with the success rate q of each operator, in which older children count less.

    Args:
        n: Number of operators, all equal at first.
        floor: Least probability of each; all stay equal if `n * floor` is at least 1.
    """

    def __init__(self, n: int, floor: float) -> None:
        self._floor = min(floor, 1 / n)
        self._tried, self._won = np.ones(n), np.full(n, 0.5)

    @property
    def rates(self) -> Array:
        """Recent success rate q of each operator, `[n]`."""
        return np.asarray(self._won / self._tried)

    def probabilities(self) -> Array:
        """Return the probability (1) of each operator, `[n]`."""
        rate = self.rates
        spare = 1 - len(rate) * self._floor
        return np.asarray(self._floor + spare * rate / rate.sum())

    def choose(self, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw the operators of `k` children."""
        return np.searchsorted(np.cumsum(self.probabilities())[:-1], rng.random(k), side="right")

    def learn(self, operators: NDArray[np.int64], won: NDArray[np.bool_]) -> None:
        """Add the operators `[k]` of children, and whether each child won a place, `[k]`."""
        n, fade = len(self._tried), _FADE ** len(operators)
        tried = np.bincount(operators, minlength=n)
        # the constants let the rate of an unused operator drift to a tenth, not to 0
        self._tried = fade * self._tried + tried + 1e-3
        self._won = fade * self._won + np.bincount(operators, weights=won, minlength=n) + 1e-4

    def drop(self, operator: int) -> None:
        """Forget an operator; those after it move up by one."""
        self._tried = np.delete(self._tried, operator)
        self._won = np.delete(self._won, operator)
