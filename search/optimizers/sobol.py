"""Scrambled Sobol points (Owen, "Scrambled net variance for integrals", 1997), by SciPy."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import qmc

from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Sobol(Optimizer):
    """Fills the cube more evenly than chance; the priors do not count, only the bounds.

    Args:
        population: Genotypes a generation, best a power of two; the initial ones come first.
    """

    population: int = 64

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        at_least("population", self.population, 1)
        self._points = qmc.Sobol(len(self.subspace), scramble=True, rng=self._rng)
        self._first = True

    def _ask(self) -> Array:
        known = np.empty((0, len(self.subspace)))
        if self._first and self.initial is not None:
            known = self.initial[: self.population]
        with warnings.catch_warnings():  # of numbers that are no power of two
            warnings.simplefilter("ignore", UserWarning)
            drawn = self._points.random(self.population - len(known))
        return np.concatenate([known, drawn])

    def _tell(self, told: Told) -> None:
        self._first = False
