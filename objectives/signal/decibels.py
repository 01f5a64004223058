"""Power in decibels, as librosa counts them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

DB_PER_NEPER = 10.0 / math.log(10.0)
"""Decibels of a power whose natural logarithm is 1."""

LEAST_POWER = 1e-10
"""Power that counts as silence."""

DYNAMIC_RANGE = 80.0
"""Decibels below a channel's loudest point at which everything is as quiet as everything else."""


def power_to_db(power: Tensor, *, relative: bool) -> Tensor:
    """Decibels of a power spectrogram, with a floor 80 dB below each channel's own maximum.

    Equals `librosa.power_to_db(channel, ref=np.max)` for each channel where `relative`, and
    `librosa.power_to_db(channel)` otherwise. Silence has no slope: its gradient is zero.

    Args:
        power: Power `[n, c, frames, bands]`.
        relative: Count from each channel's maximum, so that levels do not matter, rather than
            from a power of 1.

    Returns:
        Decibels `[n, c, frames, bands]`.
    """
    decibels = 10.0 * torch.log10(power.clamp(min=LEAST_POWER))
    loudest = decibels.amax((-2, -1), keepdim=True)
    floored = torch.maximum(decibels, loudest - DYNAMIC_RANGE)
    return floored - loudest if relative else floored
