"""How well a proxy tells presets apart: ranks of the true sound among many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_ROWS = 256  # predictions that are ranked at once


@dataclass(frozen=True)
class RankScores:
    """Scores of predictions among candidates, means over subsets.

    Attributes:
        mrr: Mean reciprocal rank of the true features; 1 if always first.
        top1: Share of predictions that are nearest to their own sound.
        top5: Share whose own sound is among the five nearest.
        l1: Mean absolute error of the features.
        candidates: Number of candidates.
        subsets: Number of random subsets.
    """

    mrr: float
    top1: float
    top5: float
    l1: float
    candidates: int
    subsets: int


def rank_scores(
    predicted: Tensor, true: Tensor, *, candidates: int, subsets: int, rng: np.random.Generator
) -> RankScores:
    """Rank the true features among those of many presets, by L1 distance to the prediction.

    Of equal distances, the true one counts as the last.

    Args:
        predicted: Predicted features, `[n, e]`.
        true: Features of the sounds, `[n, e]`.
        candidates: Number of candidates in a subset; `n` at most.
        subsets: Number of random subsets; one if it would be all of them.
        rng: Source of the subsets.

    Source:
        P. Combes, S. Weinzierl and K. Obermayer, Neural Proxies for Sound Synthesizers, 2025,
        arXiv:2509.07635, section 4.

    Examples:
        >>> found = torch.eye(3)
        >>> rng = np.random.default_rng(0)
        >>> rank_scores(found, found, candidates=3, subsets=1, rng=rng).mrr
        1.0
    """
    n = len(true)
    candidates = min(candidates, n)
    subsets = 1 if candidates == n else subsets
    ranks = []
    for _ in range(subsets):
        rows = torch.from_numpy(np.sort(rng.permutation(n)[:candidates]))
        ranks.append(_ranks(predicted[rows], true[rows]))
    rank = torch.cat(ranks).double()
    return RankScores(
        mrr=float((1 / rank).mean()),
        top1=float((rank == 1).double().mean()),
        top5=float((rank <= 5).double().mean()),
        l1=float((predicted - true).abs().mean()),
        candidates=candidates,
        subsets=subsets,
    )


def _ranks(predicted: Tensor, true: Tensor) -> Tensor:
    """Return the rank of each prediction's own row, `[n]`, from 1."""
    parts = []
    for first in range(0, len(true), _ROWS):
        distances = torch.cdist(predicted[first : first + _ROWS], true, p=1)
        own = distances.diagonal(offset=first)
        parts.append((distances <= own[:, None]).sum(1))
    return torch.cat(parts)
