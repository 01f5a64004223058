"""How far a proxy can be trusted in a search: near a target, and by its own doubts."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

NEAR, TARGETS = 64, 100
"""Sounds around each target, and most targets."""


def nearby_correlation(predicted: Tensor, true: Tensor, *, rng: np.random.Generator) -> float:
    """Return how well predictions order the sounds that are nearest to a target.

    Some of the sounds are targets. Of the 64 nearest others by L1 distance, or of all if there are
    fewer, the rank correlation (Spearman) of distances to the target, real and predicted; the mean
    over targets. A search asks for this order; ranks among random presets are easier.

    Args:
        predicted: Predicted features, `[n, e]`, n at least 4.
        true: Features of the sounds, `[n, e]`.
        rng: Source of the targets.

    Examples:
        >>> found = torch.arange(9.0)[:, None]
        >>> round(nearby_correlation(found, found, rng=np.random.default_rng(0)), 3)
        1.0
    """
    chosen = torch.from_numpy(np.sort(rng.permutation(len(true))[:TARGETS]))
    real = torch.cdist(true[chosen], true, p=1)
    believed = torch.cdist(true[chosen], predicted, p=1)
    found = []
    for own, here, there in zip(chosen, real, believed, strict=True):
        order = here.argsort(stable=True)
        near = order[order != own][:NEAR]
        found.append(spearmanr(here[near].numpy(), there[near].numpy()).statistic)
    return float(np.nanmean(found))


def doubts(members: Tensor, true: Tensor) -> tuple[float, float]:
    """Return whether networks differ where, and as much as, their mean is wrong.

    Args:
        members: Predictions of each network, `[m, n, e]`, m at least 2.
        true: Features of the sounds, `[n, e]`.

    Returns:
        Rank correlation (Spearman) of the deviation of the networks and the error of their mean, by
        sound; and the root mean square of the error, in that of the deviation: 1 if the networks
        are as unsure as they are wrong, more if they are too sure.
    """
    error = (members.mean(0) - true).square().mean(1).sqrt()
    deviation = members.var(0).mean(1).sqrt()
    ratio = float(error.square().mean().sqrt() / deviation.square().mean().sqrt().clamp(min=1e-12))
    return float(spearmanr(deviation.numpy(), error.numpy()).statistic), ratio
