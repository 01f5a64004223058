"""What a proxy has learned of each parameter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from patchwright.surrogates.proxies.relaxed import RelaxedSpace
from patchwright.synths.parameters import Array


def permutation_importance(
    predict: Callable[[Tensor], Tensor],
    space: RelaxedSpace,
    relaxed: Tensor,
    true: Tensor,
    *,
    rng: np.random.Generator,
) -> Array:
    """Return how much worse predictions are with each parameter of another preset.

        I_j = mean |f(x with x_j permuted) - y| / mean |f(x) - y| - 1    (1)

    A parameter that is not heard, or that the proxy has not learned, has 0. L. Breiman, Random
    forests, Machine Learning 45, 2001, section 10.

    Args:
        predict: Function from relaxed presets `[n, w]` to features `[n, e]`.
        space: Columns of presets, `d` parameters.
        relaxed: Relaxed presets, `[n, w]`, at least two.
        true: Features of their sounds, `[n, e]`.
        rng: Source of the permutations.

    Returns:
        Importance of each parameter, `[d]`.
    """
    with torch.no_grad():
        error = float((predict(relaxed) - true).abs().mean())
        found = []
        for block in space.blocks:
            # a rotation by a random number of rows leaves no preset its own value
            shift = int(rng.integers(1, len(relaxed)))
            moved = relaxed.clone()
            moved[:, block] = relaxed[:, block].roll(shift, dims=0)
            found.append(float((predict(moved) - true).abs().mean()))
    return np.array(found) / max(error, 1e-12) - 1
