"""Gaussian copulas over mixed margins."""

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Self

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from patchwright.synths.parameters import Array, Subspace
from patchwright.synths.priors.cells import Cells, Ids
from patchwright.synths.priors.prior import PresetPrior

_PARTICLES = 128  # of the estimate of a probability; a power of two, for Sobol points
_ROWS = 256  # presets at a time, to bound the memory
_SWEEPS, _WARM = 20, 5  # Gibbs sweeps, and the first of the fit, which do not count
_SHRINKAGE = 0.05  # towards independence, because correlations of few presets are noise
_LEAST = 1e-12  # probability of a tail


@dataclass(frozen=True, eq=False)
class Copula(PresetPrior):
    """Cells of a latent normal vector, with any marginals.

        x_j = c  where  t_j(c) <= z_j < t_j(c + 1),  z ~ N(0, R)    (1)

    Categories are taken in the order of their levels. Probabilities are estimated by the simulator
    of Geweke, Hajivassiliou and Keane (Genz, "Numerical computation of multivariate normal
    probabilities", 1992) on fixed Sobol points, so that equal presets have equal ones.

    Attributes:
        correlation: Correlation matrix R, `[P, P]`.
        probabilities: Probability of each cell, before conditions, `[T]`, above 0.
        bounds: Lowest and highest z that locks and limits allow, `[P]` each, or one for all.
    """

    correlation: Array
    probabilities: Array
    bounds: tuple[Array, Array] = (np.array(-np.inf), np.array(np.inf))

    @classmethod
    def fit(cls, cells: Cells, ids: Ids, marginals: Array, rng: np.random.Generator) -> "Copula":
        """Fit the correlations by stochastic expectation maximisation.

        Args:
            cells: Cells.
            ids: Cells of the presets to learn from, `[n, P]`.
            marginals: Smooth marginals, `[T]`, above 0.
            rng: Source of randomness.
        """
        p = cells.n_parameters
        prior = cls(cells, np.eye(p), marginals)
        low, high = prior._thresholds(ids, ids)
        z = _truncated(np.zeros(ids.shape), np.ones(p), low, high, rng.random(ids.shape))
        total = np.zeros((p, p))
        for sweep in range(_SWEEPS):
            correlation = np.corrcoef(z, rowvar=False)
            shrunk = (1 - _SHRINKAGE) * correlation + _SHRINKAGE * np.eye(p)
            z = _swept(z, shrunk, low, high, rng)
            if sweep >= _WARM:
                total += shrunk
        return replace(prior, correlation=total / (_SWEEPS - _WARM))

    @property
    def marginals(self) -> Array:
        """Probability of each cell, `[T]`; see `PresetPrior`. An estimate under conditions."""
        if not self._conditioned:
            return self.probabilities
        drawn = self.draw_cells(10 * _PARTICLES, np.random.default_rng(0))
        return np.bincount(drawn.ravel(), minlength=len(self.cells)) / len(drawn)

    def draw_cells(self, n: int, rng: np.random.Generator) -> Ids:
        """Draw cells; see `PresetPrior`. Conditions are met by Gibbs sampling."""
        z = rng.standard_normal((n, self.cells.n_parameters)) @ self._factor.T
        if self._conditioned:
            low, high = (np.broadcast_to(bound, z.shape) for bound in self.bounds)
            z = np.clip(z, low, high)
            for _ in range(_SWEEPS):
                z = _swept(z, self.correlation, low, high, rng)
        first = self.cells.first
        u = np.arange(self.cells.n_parameters) + ndtr(z)
        ids = np.searchsorted(np.cumsum(self.probabilities), u, "right")
        return np.asarray(np.clip(ids, first[:-1], first[1:] - 1))

    def log_probability(self, values: Array) -> Array:
        """Estimate the logarithm of the probability of the bins; see `PresetPrior`."""
        bins = self.cells.bins[self.cells.index(values)]
        ends = np.append(self.cells.bin_starts, len(self.cells))
        low, high = self._thresholds(ends[bins], ends[bins + 1] - 1)
        low, high = np.maximum(low, self.bounds[0]), np.minimum(high, self.bounds[1])
        pieces = [
            self._simulate(low[rows : rows + _ROWS], high[rows : rows + _ROWS])
            for rows in range(0, len(low), _ROWS)
        ]
        box = (np.broadcast_to(bound, (1, self.cells.n_parameters)) for bound in self.bounds)
        return np.minimum(np.concatenate([np.empty(0), *pieces]) - self._simulate(*box), 0.0)

    def within(self, subspace: Subspace) -> Self:
        """Condition on locks and limits; see `PresetPrior`.

        Of some allowed categories, those between the first and the last are kept as well.
        """
        cells, left = self.cells.cut(subspace)
        allowed = left > 0
        first, last = cells.first[:-1], cells.first[1:] - 1
        number = np.arange(len(cells))
        lowest = np.minimum.reduceat(np.where(allowed, number, len(cells)), first)
        highest = np.maximum.reduceat(np.where(allowed, number, -1), first)
        low, high = self._thresholds(np.minimum(lowest, last), np.maximum(highest, first))
        return replace(self, cells=cells, bounds=(low, high))

    @property
    def _conditioned(self) -> bool:
        return bool(np.isfinite(self.bounds[0]).any() or np.isfinite(self.bounds[1]).any())

    @cached_property
    def _factor(self) -> Array:
        return np.asarray(np.linalg.cholesky(self.correlation), np.float64)

    @cached_property
    def _edges(self) -> tuple[Array, Array]:
        """Latent lower and upper end of each cell, `[T]` each."""
        below = np.cumsum(self.probabilities) - self.cells.parameter - self.probabilities
        low, high = (
            ndtri(np.clip(end, _LEAST, 1 - _LEAST)) for end in (below, below + self.probabilities)
        )
        low[self.cells.first[:-1]] = -np.inf
        high[self.cells.first[1:] - 1] = np.inf
        return low, high

    def _thresholds(self, first: Ids, last: Ids) -> tuple[Array, Array]:
        """Return the latent ends of runs of cells, from the first to the last."""
        low, high = self._edges
        return low[first], high[last]

    def _simulate(self, low: Array, high: Array) -> Array:
        """Estimate the logarithm of the probability of boxes `[n, P]`, `[n]`."""
        n, p = low.shape
        u = _points(p)
        noise = np.empty((p, n, _PARTICLES))
        total = np.zeros((n, _PARTICLES))
        for j, row in enumerate(self._factor):
            mean = np.tensordot(row[:j], noise[:j], 1)
            below, above = (ndtr((end[:, j, np.newaxis] - mean) / row[j]) for end in (low, high))
            mass = np.maximum(above - below, _LEAST)
            total += np.log(mass)
            noise[j] = ndtri(np.clip(below + u[j] * mass, _LEAST, 1 - _LEAST))
        return np.asarray(logsumexp(total, axis=1) - np.log(_PARTICLES))


@cache
def _points(p: int) -> Array:
    """Return Sobol points in the unit cube, `[p, particles]`."""
    from scipy.stats.qmc import Sobol  # slow to import

    return np.asarray(Sobol(p, rng=np.random.default_rng(0)).random(_PARTICLES).T)


def _swept(
    z: Array, correlation: Array, low: Array, high: Array, rng: np.random.Generator
) -> Array:
    """Draw each coordinate of z `[n, P]` given the others, within its ends, one after the other."""
    z = z.copy()
    precision = np.linalg.inv(correlation)
    for j, row in enumerate(precision):
        mean = z[:, j] - z @ row / row[j]
        deviation = 1 / np.sqrt(row[j])
        z[:, j] = _truncated(mean, deviation, low[:, j], high[:, j], rng.random(len(z)))
    return z


def _truncated(mean: Array, deviation: float | Array, low: Array, high: Array, u: Array) -> Array:
    """Return normal numbers within ends, from uniform ones."""
    below, above = ndtr((low - mean) / deviation), ndtr((high - mean) / deviation)
    share = np.clip(below + u * (above - below), _LEAST, 1 - _LEAST)
    return np.asarray(np.clip(mean + deviation * ndtri(share), low, high))
