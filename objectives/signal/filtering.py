"""Filters without delay, by multiplication of whole spectra."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

_EDGE = 1 / 3
"""Octaves over which a band's edge fades."""

_PADDING = 0.1
"""Seconds of silence after a sound, into which a filter may ring."""


def filter_spectrum(signal: Tensor, response: Tensor) -> Tensor:
    """Multiply the spectrum of a signal by a response.

    The signal is real and the transforms are not: for one long row of complex numbers MKL takes a
    quarter of the time that it takes for real ones.

    Args:
        signal: Samples `[n, c, t]`.
        response: Of each frequency bin, the negative ones too, `[n_fft]`, real or complex; the
            filter is circular in `n_fft` samples, at least `t`.

    Returns:
        Complex samples `[n, c, t]`; of a filter that keeps real signals real, take the real part.
    """
    spectrum = torch.fft.fft(signal.to(signal.dtype.to_complex()), n=len(response))
    if response.is_complex():  # a complex product may round by where the numbers lie in memory
        s, r = spectrum, response
        product = torch.complex(
            s.real * r.real - s.imag * r.imag, s.real * r.imag + s.imag * r.real
        )
    else:
        product = spectrum.mul_(response)
    filtered: Tensor = torch.fft.ifft(product)
    return filtered[..., : signal.shape[-1]]


def band_pass(signal: Tensor, sr: int, low: float, high: float) -> Tensor:
    """Keep a band of a signal `[n, c, t]`; same shape.

    The edges are raised cosines over a third of an octave around `low` and `high`, where they
    halve the amplitude; a `low` of 0 or a `high` from half the sample rate has no edge.

    Args:
        signal: Samples.
        sr: Sample rate in Hz.
        low: Lower edge in Hz.
        high: Upper edge in Hz.
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
    """From 0 to 1 over an edge whose middle lies at 0 octaves."""
    place = np.clip(octaves / _EDGE + 0.5, 0.0, 1.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * place))
