"""Power in decibels, as librosa computes it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

DB_PER_NEPER = 10.0 / math.log(10.0)
"""Level in dB of a power whose natural logarithm is 1."""

MIN_POWER = 1e-10
"""Power of silence."""

DYNAMIC_RANGE = 80.0
"""Depth of the floor below a channel's maximum, in dB."""


def power_to_db(power: Tensor, *, relative: bool) -> Tensor:
    """Convert a power spectrogram to dB, floored 80 dB below each channel's maximum.

    Equals `librosa.power_to_db(channel, ref=np.max)` for each channel if `relative`, otherwise
    `librosa.power_to_db(channel)`. The gradient of silence is 0.

    Args:
        power: Power `[n, c, frames, bands]`.
        relative: Whether 0 dB is each channel's maximum, which removes the level, rather than a
            power of 1.

    Returns:
        Levels in dB, `[n, c, frames, bands]`.
    """
    decibels = 10.0 * torch.log10(power.clamp(min=MIN_POWER))
    loudest = decibels.amax((-2, -1), keepdim=True)
    floored = torch.maximum(decibels, loudest - DYNAMIC_RANGE)
    return floored - loudest if relative else floored
