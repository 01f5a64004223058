"""Marginal distributions over cells: of a synth's own priors, and of presets, smoothed."""

import numpy as np
from scipy.sparse import block_diag, csr_array

from patchwright.synths.parameters import Array, Parameter, ParameterSpace
from patchwright.synths.priors.cells import BINS, Cells, Ids

_NARROW = 1.0  # bins over which a value of a preset is spread
_STRENGTH = 50.0  # presets that the synth's own priors and uniform ones count as


def spec_probabilities(space: ParameterSpace, cells: Cells | None = None) -> tuple[Cells, Array]:
    """Return the probability of each cell by the parameters' own priors.

    Args:
        space: Space of the synth.
        cells: Cells; by default, points are those of the priors.

    Returns:
        The cells, and probabilities `[T]`.
    """
    if cells is None:
        points = [
            [] if p.prior.point is None else [p.normalise(p.prior.point)] for p in space.parameters
        ]
        cells = Cells.of(space.levels.tolist(), points)
    parts = [
        prior_probabilities(parameter, cells, column)
        for column, parameter in enumerate(space.parameters)
    ]
    return cells, np.concatenate(parts)


def prior_probabilities(parameter: Parameter, cells: Cells, column: int) -> Array:
    """Return the probability of each cell of one parameter by its own prior."""
    own = cells.of_parameter(column)
    prior = parameter.prior
    if parameter.levels:
        shares = parameter.level_weights()
    else:
        low = 0.0 if prior.low is None else parameter.normalise(prior.low)
        high = 1.0 if prior.high is None else parameter.normalise(prior.high)
        ends = np.clip(np.append(cells.starts[own], 1.0), low, high)
        shares = np.diff(ends)
    shares = shares / shares.sum()
    if prior.point is None:
        return np.asarray(shares)
    at = np.searchsorted(cells.starts[own], parameter.normalise(prior.point), "right") - 1
    return np.asarray((1 - prior.mass) * shares + prior.mass * (np.arange(len(shares)) == at))


def uniform_probabilities(cells: Cells) -> Array:
    """Return equal probabilities of levels, and a uniform density, `[T]`."""
    width = np.clip(cells.high, 0, 1) - np.clip(cells.low, 0, 1)
    whole = np.add.reduceat(width, cells.first[:-1])
    flat = width / whole[cells.parameter]
    sizes = np.diff(cells.first)[cells.parameter]
    return np.where(cells.is_level, 1 / sizes, flat)


def smooth_marginals(cells: Cells, ids: Ids, towards: Array) -> Array:
    """Return the marginals of presets, above 0 everywhere.

    Args:
        cells: Cells.
        ids: Cells of the presets, `[n, P]`.
        towards: Probabilities `[T]` that few presets are drawn towards, together with uniform
            ones: those of the synth's own priors.
    """
    counts = kernel(cells, _NARROW) @ np.bincount(ids.ravel(), minlength=len(cells))
    own = (towards + uniform_probabilities(cells)) / 2
    return np.asarray((counts + _STRENGTH * own) / (len(ids) + _STRENGTH))


def kernel(cells: Cells, bins: float) -> csr_array:
    """Return a matrix `[T, T]` that spreads counts of cells over neighbouring intervals.

    Levels and points keep their counts. The kernel is normal, and cut at the ends of the range.

    Args:
        cells: Cells.
        bins: Standard deviation, in bins.
    """
    blocks = []
    for column in range(cells.n_parameters):
        own = cells.of_parameter(column)
        plain = np.isnan(cells.points[own])
        middle = cells.centres[own] * BINS / bins
        weights = np.exp(-0.5 * (middle[:, np.newaxis] - middle) ** 2)
        weights *= (plain * (cells.high - cells.low)[own])[:, np.newaxis]
        weights = np.where(plain, weights / np.maximum(weights.sum(axis=0), 1e-300), 0.0)
        blocks.append(csr_array(weights + np.diag(~plain)))
    return csr_array(block_diag(blocks, format="csr"))
