"""Genotypes of discrete parameters: bin centres, and the two moves that respect categories.

Only the continuous and the integer coordinates have a direction. A category is another one's
neighbour in name only, so it is swapped or redrawn whole, never moved by a step.
"""

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, Subspace

Mask = NDArray[np.bool_]

RARELY = 0.1  # odds of a redraw where categories come from members, lest one be lost for good


def snap(genotypes: Array, levels: NDArray[np.int64]) -> Array:
    """Move the coordinates of discrete parameters to the centres of their bins.

    Two genotypes are the same preset when their snapped ones are equal (but for the grid of the
    continuous ones), which is how duplicates are known.

    Args:
        genotypes: `[n, d]` in [0, 1].
        levels: Of each coordinate, `[d]`; 0 leaves it as it is.
    """
    return np.where(levels > 0, centre(level(genotypes, levels), levels), genotypes)


def level(genotypes: Array, levels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the bin that each coordinate lies in, `[n, d]`; 0 where continuous."""
    bins = np.minimum(np.floor(genotypes * levels), np.maximum(levels - 1, 0))
    return bins.astype(np.int64)


def centre(level: NDArray[np.int64], levels: NDArray[np.int64]) -> Array:
    """Genotypes `[n, d]` of the levels `[n, d]`."""
    return np.asarray((level + 0.5) / np.maximum(levels, 1))


def categories(subspace: Subspace) -> Mask:
    """Which coordinates have levels without an order, `[d]`: categorical and boolean ones."""
    kinds = [subspace.space.parameters[i].kind for i in subspace.free]
    return np.array([kind in ("categorical", "boolean") for kind in kinds])


def swap(first: Array, second: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Uniform crossover: each gene of two parents `[n, k]` changes places with odds of 1/2."""
    mask = rng.random(first.shape) < 0.5
    return np.where(mask, second, first), np.where(mask, first, second)


def redraw(
    genotypes: Array, levels: NDArray[np.int64], probability: float, rng: np.random.Generator
) -> Array:
    """Random reset: give each gene another category, all others being equally likely.

    Args:
        genotypes: Of categories only, `[n, k]`.
        levels: Of these, `[k]`.
        probability: That a gene changes.
        rng: The only source of randomness.

    Returns:
        Bin centres, `[n, k]`.
    """
    change = rng.random(genotypes.shape) < probability
    step = 1 + np.floor(rng.random(genotypes.shape) * (levels - 1)).astype(np.int64)
    other = (level(genotypes, levels) + change * step) % levels
    return centre(other, levels)
