"""Mixtures of products: kinds of presets, within each of which parameters are independent."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.special import logsumexp

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, ParameterSpace, Subspace
from patchwright.synths.priors.cells import Cells, Ids
from patchwright.synths.priors.marginals import kernel, spec_probabilities
from patchwright.synths.priors.prior import PresetPrior

_WIDE = 3.0  # bins over which a component spreads what it has seen of a continuous parameter
_STRENGTH = 16.0  # presets that the marginals count as in each component
_CONCENTRATION = 0.1  # of the first, random responsibilities: near 0 each preset has one component
_ITERATIONS = 60


@dataclass(frozen=True, eq=False)
class Mixture(PresetPrior):
    """A mixture of `K` products, also called a latent class model.

        p(x) = sum_k w_k prod_j p_kj(x_j)    (1)

    What locks and limits leave of it is a mixture again, exactly (Lazarsfeld and Henry, "Latent
    structure analysis", 1968). With one component, the parameters are independent.

    Attributes:
        weights: Probability of each component, `[K]`.
        probabilities: Probability of each cell within each component, `[K, T]`; those of a
            parameter sum to 1.

    Examples:
        >>> from patchwright.synths.builtin import Subtractive
        >>> prior = Mixture.of_spec(Subtractive.space)
        >>> prior.sample(3, np.random.default_rng(0)).shape
        (3, 35)
    """

    weights: Array
    probabilities: Array

    @classmethod
    def of_spec(cls, space: ParameterSpace, cells: Cells | None = None) -> "Mixture":
        """Return the distribution that the parameters' own priors make.

        Args:
            space: Space of the synth.
            cells: Cells; by default, points are those of the priors.
        """
        cells, probabilities = spec_probabilities(space, cells)
        return cls(cells, np.ones(1), probabilities[np.newaxis])

    @property
    def marginals(self) -> Array:
        """Probability of each cell, `[T]`; see `PresetPrior`."""
        return np.asarray(self.weights @ self.probabilities)

    def draw_cells(self, n: int, rng: np.random.Generator) -> Ids:
        """Draw cells; see `PresetPrior`."""
        first = self.cells.first
        component = rng.choice(len(self.weights), n, p=self.weights)
        # the cells of parameter j end in the distribution function between j and j + 1
        u = np.arange(self.cells.n_parameters) + rng.random((n, self.cells.n_parameters))
        ids = np.empty(u.shape, np.int64)
        for k in np.unique(component):
            rows = component == k
            ids[rows] = np.searchsorted(np.cumsum(self.probabilities[k]), u[rows], "right")
        return np.clip(ids, first[:-1], first[1:] - 1)

    def log_probability(self, values: Array) -> Array:
        """Return the logarithm of (1) in bins; see `PresetPrior`."""
        seen = one_hot(self.cells.index(values), len(self.cells))
        return np.asarray(logsumexp(np.log(self.weights) + seen @ self._log_bins.T, axis=1))

    def within(self, subspace: Subspace) -> Self:
        """Condition on locks and limits; see `PresetPrior`."""
        cells, left = self.cells.cut(subspace)
        kept = self.probabilities * left
        mass = np.add.reduceat(kept, cells.first[:-1], axis=1)
        possible = (mass > 0).all(axis=1)
        if not possible.any():
            raise SynthError(
                "The prior has no preset with these locks and limits: choose another prior, or "
                "loosen them."
            )
        kept, mass = kept[possible], mass[possible]
        log_weights = np.log(self.weights[possible]) + np.log(mass).sum(axis=1)
        weights = np.exp(log_weights - logsumexp(log_weights))
        return replace(
            self,
            cells=cells,
            weights=weights / weights.sum(),
            probabilities=kept / mass[:, cells.parameter],
        )

    @cached_property
    def _log_bins(self) -> Array:
        """Logarithm of the probability of each cell's bin, `[K, T]`, finite."""
        return np.log(np.maximum(self.cells.summed(self.probabilities), 1e-300))


def fit_mixture(
    cells: Cells, ids: Ids, marginals: Array, components: int, rng: np.random.Generator
) -> Mixture:
    """Fit a mixture by expectation maximisation.

    A component's histograms are spread over some bins, and drawn towards the marginals by as much
    as some presets weigh, so that a component of few presets is no list of them.

    Args:
        cells: Cells.
        ids: Cells of the presets to learn from, `[n, P]`.
        marginals: Smooth marginals, `[T]`, above 0.
        components: Number of components.
        rng: Source of randomness of the start.

    Returns:
        The mixture.
    """
    if components == 1:
        return Mixture(cells, np.ones(1), marginals[np.newaxis])
    seen = one_hot(ids, len(cells))
    spread = kernel(cells, _WIDE)
    shares = rng.dirichlet(np.full(components, _CONCENTRATION), len(ids))
    for _ in range(_ITERATIONS):
        count = shares.sum(axis=0)
        counts = (spread @ (seen.T @ shares)).T
        probabilities = (counts + _STRENGTH * marginals) / (count[:, np.newaxis] + _STRENGTH)
        weights = (count + 1) / (len(ids) + components)
        joint = np.log(weights) + seen @ np.log(probabilities).T
        shares = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    return Mixture(cells, weights, probabilities)


def one_hot(ids: Ids, width: int) -> csr_array:
    """Return a matrix `[n, width]` with ones at the cells `[n, P]` of each row."""
    n, parameters = ids.shape
    ends = np.arange(0, n * parameters + 1, parameters)
    return csr_array((np.ones(ids.size), ids.ravel(), ends), shape=(n, width))
