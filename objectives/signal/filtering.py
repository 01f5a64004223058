"""Zero-phase filters, by multiplying whole spectra."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

_EDGE = 1 / 3
"""Width of a band's edge in octaves."""

_PADDING = 0.1
"""Seconds of silence appended to a sound, into which the filter may ring."""


def filter_spectrum(signal: Tensor, response: Tensor) -> Tensor:
    """Multiply the spectrum of a signal by a response.

    The transforms are complex although the signal is real, because MKL transforms one long row of
    complex numbers in a quarter of the time.

    Args:
        signal: Samples `[n, c, t]`.
        response: Response at each frequency bin, including negative frequencies, `[n_fft]`, real
            or complex; the filter is circular over `n_fft` samples, at least `t`.

    Returns:
        Complex samples `[n, c, t]`; if the filter keeps real signals real, take the real part.
    """
    spectrum = torch.fft.fft(signal.to(signal.dtype.to_complex()), n=len(response))
    if response.is_complex():  # a complex product's rounding may depend on its alignment
        s, r = spectrum, response
        product = torch.complex(
            s.real * r.real - s.imag * r.imag, s.real * r.imag + s.imag * r.real
        )
    else:
        product = spectrum.mul_(response)
    filtered: Tensor = torch.fft.ifft(product)
    return filtered[..., : signal.shape[-1]]


def band_pass(signal: Tensor, sr: int, low: float, high: float) -> Tensor:
    """Keep a band of a signal.

    The edges are raised cosines over a third of an octave around `low` and `high`, where they
    halve the amplitude.

    Args:
        signal: Samples `[n, c, t]`.
        sr: Sample rate in Hz.
        low: Lower edge in Hz; 0 for none.
        high: Upper edge in Hz; half the sample rate or more for none.

    Returns:
        Samples `[n, c, t]`.
    """
    n_fft: int = next_fast_len(signal.shape[-1] + round(_PADDING * sr))
    response = _band(n_fft, sr, low, high, signal.dtype, signal.device)
    return filter_spectrum(signal, response).real


@lru_cache(maxsize=16)
def _band(
    n_fft: int, sr: int, low: float, high: float, dtype: torch.dtype, device: torch.device
) -> Tensor:
    frequency = np.abs(np.fft.fftfreq(n_fft, 1 / sr))
    response = np.ones(len(frequency))
    with np.errstate(divide="ignore"):
        if low > 0:
            response *= _rise(np.log2(frequency / low))
        if high < sr / 2:
            response *= _rise(np.log2(high / np.maximum(frequency, 1e-9)))
    return torch.from_numpy(response).to(dtype=dtype, device=device)


def _rise(octaves: np.ndarray) -> np.ndarray:
    """Rise from 0 to 1 over an edge centred on 0 octaves."""
    place = np.clip(octaves / _EDGE + 0.5, 0.0, 1.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * place))
