"""Another sample rate, exactly and with gradients."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

PASS_BAND = 0.9
"""The share of the lower rate's band that comes through unchanged; from there to its end a
raised cosine leads to nothing."""

_PADDING = 1000
"""Silence after the sound, in samples of the lower rate: what wraps around to the other end has
fallen by 1e-7."""


def resample(audio: Tensor, sr: int, new_sr: int) -> Tensor:
    """Change the sample rate by way of the spectrum, with no delay and silence around the sound.

    Below 0.9 of the lower rate's band nothing changes (equal to soxr's best quality within 1e-4
    of full scale); what lies above the band is taken away.

    Args:
        audio: Samples `[n, t]` at `sr`, float32 or float64, on any device.
        sr: The rate they have, in Hz.
        new_sr: The rate that is wanted, in Hz.

    Returns:
        Samples `[n, ceil(t * new_sr / sr)]`, differentiable; `audio` itself if the rates are
        equal. On the CPU a row has the same bits in any batch.
    """
    if sr == new_sr:
        return audio
    n_samples = audio.shape[-1]
    common = math.gcd(sr, new_sr)
    period, new_period = sr // common, new_sr // common
    # Both transforms last equally long, a whole number of the shortest time that holds whole
    # numbers of samples of both rates.
    padded = n_samples + math.ceil(_PADDING * sr / min(sr, new_sr))
    periods: int = next_fast_len(math.ceil(padded / period), real=True)
    n_fft, new_n_fft = periods * period, periods * new_period

    # As `filtering` tells, a single long row would be transformed by another algorithm.
    companion = 1 if len(audio) == 1 else 0
    spectrum = torch.fft.rfft(functional.pad(audio, (0, 0, 0, companion)), n=n_fft)
    response = _response(min(n_fft, new_n_fft), audio.dtype, audio.device)
    kept = spectrum[:, : len(response)] * (response * (new_sr / sr))
    resampled: Tensor = torch.fft.irfft(kept, n=new_n_fft)
    return resampled[: len(audio), : -(-n_samples * new_sr // sr)]


@lru_cache(maxsize=16)
def _response(n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What comes through of each bin, `[n_fft // 2 + 1]`: 1, a raised cosine, 0 at the end."""
    share = 2.0 * np.fft.rfftfreq(n_fft)
    fall = np.clip((share - PASS_BAND) / (1.0 - PASS_BAND), 0.0, 1.0)
    return torch.from_numpy(0.5 + 0.5 * np.cos(np.pi * fall)).to(dtype=dtype, device=device)
