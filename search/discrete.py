"""Genotypes of discrete parameters: bin centres, and two operators for categories.

Categories have no order, so they are swapped or redrawn, never moved by a step.
"""

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, Subspace

Mask = NDArray[np.bool_]

LIKELY = 0.5  # share of the mutated genes that a joint prior draws, if there is one
RARELY = 0.1  # probability of a redraw where categories come from members, so that none is lost


def snap(genotypes: Array, levels: NDArray[np.int64]) -> Array:
    """Move the coordinates of discrete parameters to the centres of their bins.

    Genotypes that are equal when snapped are the same preset.

    Args:
        genotypes: Genotypes `[n, d]` in [0, 1].
        levels: Number of levels of each coordinate, `[d]`; 0 is continuous, and left as it is.
    """
    return np.where(levels > 0, centre(level(genotypes, levels), levels), genotypes)


def level(genotypes: Array, levels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the bin of each coordinate, `[n, d]`; 0 where continuous."""
    bins = np.minimum(np.floor(genotypes * levels), np.maximum(levels - 1, 0))
    return bins.astype(np.int64)


def centre(level: NDArray[np.int64], levels: NDArray[np.int64]) -> Array:
    """Return the genotypes `[n, d]` of levels `[n, d]`."""
    return np.asarray((level + 0.5) / np.maximum(levels, 1))


def categories(subspace: Subspace) -> Mask:
    """Return which coordinates have no order, `[d]`: categorical and boolean ones."""
    kinds = [subspace.space.parameters[i].kind for i in subspace.free]
    return np.array([kind in ("categorical", "boolean") for kind in kinds])


def swap(first: Array, second: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Cross uniformly: swap each gene of two parents `[n, k]` with probability 1/2."""
    mask = rng.random(first.shape) < 0.5
    return np.where(mask, second, first), np.where(mask, first, second)


def redraw(
    genotypes: Array, levels: NDArray[np.int64], probability: float, rng: np.random.Generator
) -> Array:
    """Reset genes to another category at random; all others are equally likely.

    Args:
        genotypes: Genotypes of categories only, `[n, k]`.
        levels: Number of levels of each, `[k]`.
        probability: Probability that a gene changes.
        rng: Only source of randomness.

    Returns:
        Bin centres, `[n, k]`.
    """
    change = rng.random(genotypes.shape) < probability
    step = 1 + np.floor(rng.random(genotypes.shape) * (levels - 1)).astype(np.int64)
    other = (level(genotypes, levels) + change * step) % levels
    return centre(other, levels)


def redraw_likely(
    parents: Array, mutants: Array, subspace: Subspace, rng: np.random.Generator
) -> Array:
    """Take some of the mutated genes from samples of the subspace's prior, one for each mutant.

    Args:
        parents: Genotypes before the mutation, `[n, d]`.
        mutants: Genotypes after it, `[n, d]`.
        subspace: Subspace with a prior.
        rng: Only source of randomness.

    Returns:
        Mutants, `[n, d]`.
    """
    likely = (mutants != parents) & (rng.random(mutants.shape) < LIKELY)
    return np.where(likely, subspace.sample(len(mutants), rng), mutants)
