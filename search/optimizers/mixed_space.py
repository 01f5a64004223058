"""Genotypes as the mixed vectors of the cmaes library: numbers, ordered levels and categories."""

from typing import Any

import numpy as np

from patchwright.search.discrete import categories, centre, level
from patchwright.synths.parameters import Array, Subspace


class MixedSpace:
    """Which coordinates are which: all numbers stay in the unit cube.

    Args:
        subspace: Parameters of two levels are categories; those of one are numbers that snap.

    Attributes:
        numbers: Coordinates of the Gaussian: the continuous ones, then the ordered ones.
        spaces: The library's `x_space`, `z_space` and `c_space`; None for a kind that is missing.
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
        """Genotypes `[n, d]` of the library's solutions."""
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
        """The library's arguments for a distribution around a genotype `[d]`."""
        return {
            "mean": genotype[self.numbers],
            "sigma": sigma,
            "cov": np.eye(len(self.numbers)),
            "cat_param": self.probabilities(genotype[np.newaxis]),
        }

    def probabilities(self, genotypes: Array) -> Array | None:
        """Shares of the categories in genotypes `[n, d]`, half way to equal ones: `[k, most]`."""
        if not len(self._c):
            return None
        levels = self._levels[self._c]
        shares = np.zeros((len(levels), levels.max()))
        levels_found = level(genotypes, self._levels)[:, self._c].T
        for row, found, k in zip(shares, levels_found, levels, strict=True):
            row[:k] = 0.5 / k + 0.5 * np.bincount(found, minlength=k) / len(found)
        return shares
