"""Alignment of candidates with a target in time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

MAX_LAG = 0.05
"""Maximum shift in seconds of alignment by correlation."""

ONSET_LEVEL = 0.1
"""Level of the onset relative to the peak: -20 dB."""

_STEP = 0.001
"""Step in seconds of the envelopes that are correlated."""


def onsets(audio: Tensor) -> Tensor:
    """Find the onset of sounds: the first sample that reaches a tenth of the peak.

    Args:
        audio: Samples `[n, c, t]`; the earliest channel counts.

    Returns:
        Positions in samples `[n]`; 0 for silence.
    """
    amplitude = audio.detach().abs().amax(1)
    reached = amplitude >= ONSET_LEVEL * amplitude.amax(1, keepdim=True)
    return reached.to(torch.uint8).argmax(1)


def best_lags(audio: Tensor, target: Tensor, sr: int) -> Tensor:
    """Find by how much sounds are later than a target, up to 50 ms either way.

    The lag maximises the cross-correlation of mean amplitudes in steps of 1 ms; the smallest lag
    wins a tie. Envelopes are correlated because the waveforms of two different sounds match at any
    lag or at none.

    Args:
        audio: Samples `[n, c, t]`.
        target: Samples `[c, t]`.
        sr: Sample rate in Hz.

    Returns:
        Lags in samples `[n]`; positive for late sounds.
    """
    step = max(1, round(_STEP * sr))
    max_steps = round(MAX_LAG * sr / step)
    found, sought = _steps(audio.detach(), step), _steps(target[None], step)
    placed = functional.pad(sought, (max_steps, max_steps)).unfold(-1, found.shape[-1], 1)
    # placed[0, k, i] is the target's step i + k - max_steps: it matches sounds max_steps - k late
    agreement = found @ placed[0].T
    lags = max_steps - torch.arange(2 * max_steps + 1, device=audio.device)
    nearest = torch.argsort(lags.abs(), stable=True)
    return lags[nearest][agreement[:, nearest].argmax(1)] * step


def shift(audio: Tensor, lags: Tensor) -> Tensor:
    """Shift sounds earlier, and fill with silence; differentiable.

    Args:
        audio: Samples `[n, c, t]`.
        lags: Shifts in samples `[n]`; negative to shift later.

    Returns:
        Samples `[n, c, t]`.
    """
    n_samples = audio.shape[-1]
    places = torch.arange(n_samples, device=audio.device) + lags[:, None]
    inside = (places >= 0) & (places < n_samples)
    places = places.clamp(0, n_samples - 1)[:, None].expand(-1, audio.shape[1], -1)
    return torch.where(inside[:, None], audio.gather(-1, places), 0.0)


def _steps(audio: Tensor, step: int) -> Tensor:
    """Return mean amplitudes `[n, steps]` of sounds `[n, c, t]`, the last padded with silence."""
    amplitude = audio.abs().mean(1)
    return functional.pad(amplitude, (0, -amplitude.shape[1] % step)).unfold(1, step, step).mean(-1)
