"""Functions that the variants of CMA-ES share: population, warm start, restarts."""

import math

import numpy as np

from patchwright.search.optimizer import at_least
from patchwright.synths.parameters import Array

_BLUR = 0.1  # standard deviation around each genotype of the first distribution


def population_of(option: int | None, d: int, least: int) -> int:
    """Return the population: the option, or Hansen's default of `4 + 3 ln d` (tutorial, eq. 48).

    Raises:
        SearchError: If it is below `least`.
    """
    default = 4 + math.floor(3 * math.log(d))
    return at_least("population", default if option is None else option, least)


def best_of(initial: Array, share: float) -> Array:
    """Return the first share of the initial genotypes `[k, d]`, at least one."""
    return initial[: max(1, int(share * len(initial)))]


def distribution(genotypes: Array) -> tuple[Array, float, Array]:
    """Fit a normal distribution (Nomura et al., "Warm starting CMA-ES", AAAI 2021, equation 9).

    The library's function divides by a determinant, which float64 rounds to 0 above 160
    coordinates.

    Args:
        genotypes: Genotypes `[n, d]`.

    Returns:
        Mean `[d]`, step size, and covariance `[d, d]` of determinant 1.
    """
    n, d = genotypes.shape
    centred = genotypes - genotypes.mean(axis=0)
    covariance = _BLUR**2 * np.eye(d) + centred.T @ centred / n
    log_variance = np.linalg.slogdet(covariance)[1] / d
    return genotypes.mean(axis=0), math.exp(log_variance / 2), covariance / math.exp(log_variance)


class Progress:
    """Watches the best score over a window as long as that of CMA-ES's own criterion.

    Args:
        d: Number of coordinates.
        population: Genotypes per generation.
        share: Least relative improvement of the best score within `10 + 30 d / population`
            generations; with 0 it is never stuck.
    """

    def __init__(self, d: int, population: int, share: float) -> None:
        self._window = 10 + math.ceil(30 * d / population)
        self._share = share
        self._best: list[float] = []

    def stuck(self, scores: Array) -> bool:
        """Add the scores of a generation; return whether the improvement is too small."""
        self._best.append(float(scores.min()))
        if not self._share or len(self._best) <= self._window:
            return False
        before, last = self._best[: -self._window], self._best[-self._window :]
        return min(last) > min(before) * (1 - self._share)
