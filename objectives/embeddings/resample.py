"""Differentiable resampling."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

PASS_BAND = 0.9
"""Share of the lower rate's band that passes unchanged; above, a raised cosine falls to 0."""

_PADDING = 1000
"""Samples of silence after the sound, at the lower rate, over which what wraps around falls by
1e-7."""


def resample(audio: Tensor, sr: int, new_sr: int) -> Tensor:
    """Resample sounds through their spectrum, without delay and with silence around them.

    Frequencies below 0.9 of the lower rate's band do not change (equal to soxr's best quality
    within 1e-4 of full scale); those above the band are removed.

    Args:
        audio: Samples `[n, t]` at `sr`, float32 or float64, on any device.
        sr: Sample rate of the audio in Hz.
        new_sr: Sample rate of the result in Hz.

    Returns:
        Samples `[n, ceil(t * new_sr / sr)]`, differentiable; `audio` itself if the rates are
        equal. On the CPU a row has the same bits in any batch.
    """
    if sr == new_sr:
        return audio
    n_samples = audio.shape[-1]
    common = math.gcd(sr, new_sr)
    period, new_period = sr // common, new_sr // common
    # both transforms have the same duration, a whole number of samples at both rates
    padded = n_samples + math.ceil(_PADDING * sr / min(sr, new_sr))
    periods: int = next_fast_len(math.ceil(padded / period), real=True)
    n_fft, new_n_fft = periods * period, periods * new_period

    # a single long row would be transformed by another algorithm and round differently
    companion = 1 if len(audio) == 1 else 0
    spectrum = torch.fft.rfft(functional.pad(audio, (0, 0, 0, companion)), n=n_fft)
    response = _response(min(n_fft, new_n_fft), audio.dtype, audio.device)
    kept = spectrum[:, : len(response)] * (response * (new_sr / sr))
    resampled: Tensor = torch.fft.irfft(kept, n=new_n_fft)
    return resampled[: len(audio), : -(-n_samples * new_sr // sr)]


@lru_cache(maxsize=16)
def _response(n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the response `[n_fft // 2 + 1]`: 1, then a raised cosine that falls to 0."""
    share = 2.0 * np.fft.rfftfreq(n_fft)
    fall = np.clip((share - PASS_BAND) / (1.0 - PASS_BAND), 0.0, 1.0)
    return torch.from_numpy(0.5 + 0.5 * np.cos(np.pi * fall)).to(dtype=dtype, device=device)
