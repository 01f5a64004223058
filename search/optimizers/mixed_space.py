"""Conversion between genotypes and the mixed vectors of the cmaes library."""

from typing import Any

import numpy as np

from patchwright.search.discrete import categories, centre, level
from patchwright.synths.parameters import Array, Subspace


class MixedSpace:
    """Coordinates of a subspace as continuous, ordered and categorical ones.

    Args:
        subspace: Free parameters. Those with two levels are treated as categories, those with one
            as continuous.

    Attributes:
        numbers: Coordinates of the normal distribution: the continuous, then the ordered ones.
        spaces: Arguments `x_space`, `z_space` and `c_space` of the library; None for a kind that
            is missing.
    """

    def __init__(self, subspace: Subspace) -> None:
        self._levels = levels = subspace.levels
        unordered = (categories(subspace) & (levels > 1)) | (levels == 2)
        self._x = np.flatnonzero(levels < 2)
        self._z = np.flatnonzero((levels > 2) & ~unordered)
        self._c = np.flatnonzero(unordered)
        self.numbers = np.concatenate([self._x, self._z])
        self.spaces = {
            "x_space": [[0.0, 1.0]] * len(self._x) or None,
            "z_space": [((np.arange(k) + 0.5) / k).tolist() for k in levels[self._z]] or None,
            "c_space": levels[self._c].tolist() or None,
        }

    def genotypes(self, solutions: list[Any]) -> Array:
        """Return the genotypes `[n, d]` of the library's solutions."""
        genotypes = np.empty((len(solutions), len(self._levels)))
        if len(self._x):
            genotypes[:, self._x] = np.clip([solution.x for solution in solutions], 0, 1)
        if len(self._z):
            genotypes[:, self._z] = [solution.z for solution in solutions]
        if len(self._c):
            chosen = np.array([solution.c for solution in solutions]).argmax(axis=2)
            genotypes[:, self._c] = centre(chosen, self._levels[self._c])
        return genotypes

    def around(self, genotype: Array, sigma: float) -> dict[str, Any]:
        """Return the library's arguments for a distribution around a genotype `[d]`."""
        return {
            "mean": genotype[self.numbers],
            "sigma": sigma,
            "cov": np.eye(len(self.numbers)),
            "cat_param": self.probabilities(genotype[np.newaxis]),
        }

    def probabilities(self, genotypes: Array) -> Array | None:
        """Average the shares of categories in genotypes `[n, d]` with equal ones: `[k, most]`."""
        if not len(self._c):
            return None
        levels = self._levels[self._c]
        shares = np.zeros((len(levels), levels.max()))
        bins = level(genotypes, self._levels)[:, self._c].T
        for row, chosen, k in zip(shares, bins, levels, strict=True):
            row[:k] = 0.5 / k + 0.5 * np.bincount(chosen, minlength=k) / len(chosen)
        return shares
