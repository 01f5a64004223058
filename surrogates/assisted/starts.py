"""Presets that a surrogate believes to be near the target, before a search has begun."""

import numpy as np

from patchwright.surrogates.assisted.surrogate import Surrogate
from patchwright.synths import Subspace
from patchwright.synths.parameters import Array

_POOL, _SHORTLIST = 4_096, 256  # random presets, and those of them that are looked at closely
_DESCENTS = 1.5  # descents for each preset that is proposed
_STEPS, _RATE = 40, 0.05  # of the descents


def believed_starts(
    surrogate: Surrogate, subspace: Subspace, n: int, rng: np.random.Generator
) -> Array:
    """Propose presets: the best of many random ones, moved down the surrogate's gradient.

    Args:
        surrogate: Surrogate that has learned from a few renders.
        subspace: Free parameters; their prior is sampled.
        n: Number of presets.
        rng: Only source of randomness.

    Returns:
        Genotypes `[n, d]`, the most promising first, each once.
    """
    pool = surrogate.shortlist(subspace.sample(_POOL, rng), _SHORTLIST)
    best = pool[np.argsort(surrogate.believe(pool).distances, kind="stable")[: int(_DESCENTS * n)]]
    moved = surrogate.descend(best, steps=_STEPS, rate=_RATE, rng=rng)
    both = np.unique(np.concatenate([moved, best]), axis=0)
    order = np.argsort(surrogate.believe(both).distances, kind="stable")
    return np.asarray(both[order[:n]])
