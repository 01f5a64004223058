"""Losses of presets whose parts are interchangeable, for regression: sorted parts, or Chamfer's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Matching = Literal["none", "sorted", "chamfer"]

Losses = Callable[[Tensor], Tensor]
"""Function from true presets `[n, w]` to the loss of each column, `[n, w]`."""


def sorted_parts(relaxed: Tensor, parts: Tensor) -> Tensor:
    """Order the parts of presets `[n, w]` by their first column.

    One of the equal orders is then the true one, but it jumps where two parts pass each other.

    Args:
        relaxed: Relaxed presets.
        parts: Columns of each part, `[k, m]`.
    """
    order = relaxed[:, parts[:, 0]].argsort(dim=1)
    found = relaxed.clone()
    found[:, parts.flatten()] = torch.take_along_dim(
        relaxed[:, parts], order[..., None], dim=1
    ).flatten(1)
    return found


def chamfer_loss(losses: Losses, relaxed: Tensor, parts: Tensor) -> Tensor:
    """Return the loss of columns, where each part is compared with the nearest of the others.

        sum_i min_j L(i, j) / 2 + sum_j min_i L(i, j) / 2    (1)

    Two predicted parts may take the same true one as their nearest, which is what it is blind to.

    Args:
        losses: Loss of each column, for given true presets.
        relaxed: True presets, `[n, w]`.
        parts: Columns of each part, `[k, m]`.

    Returns:
        Mean loss over columns, `[n]`.
    """
    k = len(parts)
    pairs = relaxed.new_empty(len(relaxed), k, k)
    whole = losses(relaxed)
    for shift in range(k):
        turned = relaxed.clone()
        turned[:, parts.flatten()] = relaxed[:, parts.roll(-shift, 0)].flatten(1)
        each = losses(turned)[:, parts].sum(2)
        pairs[:, torch.arange(k), (torch.arange(k) + shift) % k] = each
    of_parts = (pairs.amin(2).sum(1) + pairs.amin(1).sum(1)) / 2
    rest = whole.sum(1) - whole[:, parts.flatten()].sum(1)
    return (of_parts + rest) / relaxed.shape[1]
