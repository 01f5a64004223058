"""Scrambled Sobol points (Owen, "Scrambled net variance for integrals", 1997), by SciPy."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Sobol(Optimizer):
    """Scrambled Sobol points, which fill the unit cube more evenly than random ones.

    The priors of the parameters do not count, only their ranges.

    Args:
        population: Genotypes per generation, preferably a power of two; the first has the initial
            ones first.
    """

    population: int = 64

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        from scipy.stats import qmc  # here, because it is slow to import

        at_least("population", self.population, 1)
        self._points = qmc.Sobol(len(self.subspace), scramble=True, rng=self._rng)
        self._first = True

    def _ask(self) -> Array:
        initial = np.empty((0, len(self.subspace)))
        if self._first and self.initial is not None:
            initial = self.initial[: self.population]
        with warnings.catch_warnings():  # that the number is no power of two
            warnings.simplefilter("ignore", UserWarning)
            points = self._points.random(self.population - len(initial))
        return np.concatenate([initial, points])

    def _tell(self, told: Told) -> None:
        self._first = False
