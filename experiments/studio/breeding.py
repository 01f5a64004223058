"""New candidates between and around those that a person kept."""

import numpy as np

from patchwright.search.discrete import snap
from patchwright.synths.parameters import Array, Subspace

_STEP = 0.1  # standard deviation of the move of a coordinate
_MOVED = 2  # mean number of coordinates that are moved or redrawn


def children(
    kept: Array, wins: Array, subspace: Subspace, n: int, rng: np.random.Generator
) -> Array:
    """Breed candidates: each takes every coordinate from one of two parents, and moves a few.

    Args:
        kept: Genotypes of the parents, `[k, d]`.
        wins: Number of comparisons that each parent won, `[k]`; winners are drawn more often.
        subspace: Free parameters.
        n: Number of candidates.
        rng: Source of randomness.

    Returns:
        Genotypes, `[n, d]`.
    """
    d = len(subspace)
    odds = (1.0 + wins) / (1.0 + wins).sum()
    first, second = kept[rng.choice(len(kept), size=(2, n), p=odds)]
    child = np.where(rng.random((n, d)) < 0.5, first, second)
    moved = np.clip(child + rng.normal(0, _STEP, (n, d)), 0, 1)
    # discrete levels are redrawn: a small step stays on a level, and choices have no order
    moved = np.where(subspace.levels > 0, subspace.sample(n, rng), moved)
    child = np.where(rng.random((n, d)) < min(_MOVED / d, 1), moved, child)
    return snap(child, subspace.levels)
