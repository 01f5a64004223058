"""The mel filter bank of Slaney's Auditory Toolbox, as in librosa."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Slaney's scale is linear up to 1 kHz (15 mels) and logarithmic above (27 mels a factor of 6.4).
_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert frequencies in Hz to Slaney's mel scale; same shape."""
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, above)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert Slaney mels to Hz, the inverse of `hz_to_mel`; same shape."""
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL, above)


def mel_filters(sr: int, n_fft: int, n_mels: int) -> NDArray[np.float64]:
    """Build triangular filters of equal area, evenly spaced in mels up to half the sample rate.

    Equals `librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)`. If bins are wider than the
    lowest triangles (short windows, many bands), some bands contain no bin and stay 0, as in
    librosa.

    Args:
        sr: Sample rate in Hz.
        n_fft: FFT length in samples.
        n_mels: Number of bands.

    Returns:
        Weights `[n_mels, n_fft // 2 + 1]`.

    Source:
        M. Slaney, Auditory Toolbox, version 2, Interval Research technical report 1998-010.
    """
    bins = np.fft.rfftfreq(n_fft, 1 / sr)
    top = hz_to_mel(np.array([sr / 2]))[0]
    edges = mel_to_hz(np.linspace(0.0, top, n_mels + 2))
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (right - left))


@lru_cache(maxsize=128)
def mel_bank(sr: int, n_fft: int, n_mels: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the filters as a matrix `[n_fft // 2 + 1, n_mels]` for power spectra; cached."""
    weights = torch.from_numpy(mel_filters(sr, n_fft, n_mels).T.copy())
    return weights.to(dtype=dtype, device=device)
