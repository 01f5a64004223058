"""Moving candidates in time so that they begin, or lie, where the target does."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

LONGEST_LAG = 0.05
"""Seconds by which a sound is moved at most to lie where another does."""

ONSET_LEVEL = 0.1
"""Share of a sound's greatest amplitude at which it begins, -20 dB."""

_STEP = 0.001
"""Seconds of a step of the envelope by which lags are found."""


def onsets(audio: Tensor) -> Tensor:
    """Where sounds begin: the first sample that reaches a tenth of the greatest amplitude.

    Args:
        audio: Samples `[n, c, t]`; any channel may begin.

    Returns:
        Positions in samples `[n]`, 0 for silence.
    """
    amplitude = audio.detach().abs().amax(1)
    reached = amplitude >= ONSET_LEVEL * amplitude.amax(1, keepdim=True)
    return reached.to(torch.uint8).argmax(1)


def best_lags(audio: Tensor, target: Tensor, sr: int) -> Tensor:
    """By how much sounds lie later than a target, up to 50 ms either way.

    The lag at which the mean amplitudes in steps of 1 ms have the greatest cross-correlation, the
    least one where several have. Envelopes, because the waves of two different sounds agree at
    any lag or at none.

    Args:
        audio: Samples `[n, c, t]`.
        target: Samples `[c, t]`.
        sr: Sample rate in Hz.

    Returns:
        Lags in samples `[n]`, above 0 for sounds that come late.
    """
    step = max(1, round(_STEP * sr))
    longest = round(LONGEST_LAG * sr / step)
    found, sought = _steps(audio.detach(), step), _steps(target[None], step)
    placed = functional.pad(sought, (longest, longest)).unfold(-1, found.shape[-1], 1)
    # placed[0, k, i] is the target's step i + k - longest: it agrees with sounds longest - k late
    agreement = found @ placed[0].T
    lags = longest - torch.arange(2 * longest + 1, device=audio.device)
    nearest = torch.argsort(lags.abs(), stable=True)
    return lags[nearest][agreement[:, nearest].argmax(1)] * step


def moved(audio: Tensor, lags: Tensor) -> Tensor:
    """Sounds played earlier, with silence where nothing was; differentiable.

    Args:
        audio: Samples `[n, c, t]`.
        lags: By how many samples earlier `[n]`; below 0 is later.

    Returns:
        Samples `[n, c, t]`.
    """
    n_samples = audio.shape[-1]
    places = torch.arange(n_samples, device=audio.device) + lags[:, None]
    inside = (places >= 0) & (places < n_samples)
    places = places.clamp(0, n_samples - 1)[:, None].expand(-1, audio.shape[1], -1)
    return torch.where(inside[:, None], audio.gather(-1, places), 0.0)


def _steps(audio: Tensor, step: int) -> Tensor:
    """Mean amplitudes `[n, steps]` of sounds `[n, c, t]`; what is left at the end is a step too."""
    amplitude = audio.abs().mean(1)
    return functional.pad(amplitude, (0, -amplitude.shape[1] % step)).unfold(1, step, step).mean(-1)
