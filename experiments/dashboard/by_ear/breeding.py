"""New candidates between and around those that a person kept."""

import numpy as np

from patchwright.search.discrete import snap
from patchwright.synths.parameters import Array, Subspace

_STEP = 0.1  # standard deviation of what is added to a moved coordinate
_MOVED = 2  # coordinates, about, that are moved or drawn anew


def children(
    kept: Array, wins: Array, subspace: Subspace, n: int, rng: np.random.Generator
) -> Array:
    """Breed candidates: each takes every coordinate from one of two parents, and moves a few.

    Args:
        kept: Genotypes of the parents, `[k, d]`.
        wins: How often each was preferred, `[k]`; who was, is a parent more often.
        subspace: Of the free parameters.
        n: How many.
        rng: The only source of randomness.

    Returns:
        Genotypes `[n, d]`.
    """
    d = len(subspace)
    odds = (1.0 + wins) / (1.0 + wins).sum()
    first, second = kept[rng.choice(len(kept), size=(2, n), p=odds)]
    child = np.where(rng.random((n, d)) < 0.5, first, second)
    moved = np.clip(child + rng.normal(0, _STEP, (n, d)), 0, 1)
    # a step between discrete levels is too short to be one, or has no direction
    moved = np.where(subspace.levels > 0, subspace.sample(n, rng), moved)
    child = np.where(rng.random((n, d)) < min(_MOVED / d, 1), moved, child)
    return snap(child, subspace.levels)
