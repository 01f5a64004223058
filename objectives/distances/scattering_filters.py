"""The wavelets of joint time-frequency scattering: kymatio's, along time and along frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.extras import require

SR = 16_000
"""Hz: the rate of the sounds that are transformed."""

J = 11
"""Binary logarithm of the longest scale in samples."""

HOP = 2**J
"""Samples from frame to frame: 128 ms."""

Q = 8
"""Bands an octave."""

J_FREQUENCY = 3
"""Binary logarithm of the longest scale along frequency, in bands: an octave."""

_SILENCE = 8
"""Frames of silence after the sound: what wraps around has fallen below a thousandth."""

_N_BANDS_AND_SILENCE = 128
"""The bands with what is below them, until filters along frequency have died away."""


_Filter = dict[str, Any]
"""As kymatio has it: `levels[0]`, its spectrum; `xi`, its centre as a share of the sample rate;
`sigma`, its width; `j`, the octaves by which its result may be decimated."""


@dataclass(frozen=True, eq=False)
class AlongFrequency:
    """Filters along frequency, as matrices `[rows, bands]`; a wavelet's parts are two filters.

    Attributes:
        even: The wavelets' real parts.
        odd: Their imaginary parts; the mirrored wavelets' have the other sign.
        low: The low-pass.
    """

    even: Tensor
    odd: Tensor
    low: Tensor

    def apply(self, bands: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Filter bands `[..., bands, t]`; each `[..., rows, t]`."""
        return self.even @ bands, self.odd @ bands, self.low @ bands


@dataclass(frozen=True, eq=False)
class Rate:
    """A wavelet along time, and the filters along frequency for the bands that it is used on.

    Attributes:
        octave: Its result has the rate `SR / 2**octave`; it is used on bands of higher rates.
        even: The spectrum `[bins]` of its real part.
        odd: The spectrum of its imaginary part, times i.
        along_frequency: For those bands.
    """

    octave: int
    even: Tensor
    odd: Tensor
    along_frequency: AlongFrequency


@dataclass(frozen=True, eq=False)
class FilterBank:
    """All filters for a length of sound.

    Attributes:
        n_padded: Samples of sound and silence.
        bands: The scalogram's wavelets `[bands, bins]`, by octave of their rate.
        rates: The wavelets along time.
        along_frequency: Filters for all bands.
        averages: The average over time, by octave of what is averaged: `[t, frames]`.
    """

    n_padded: int
    bands: tuple[Tensor, ...]
    rates: tuple[Rate, ...]
    along_frequency: AlongFrequency
    averages: tuple[Tensor, ...]


@lru_cache(maxsize=4)
def filter_bank(n_frames: int, dtype: torch.dtype, device: torch.device) -> FilterBank:
    """The filters for sounds of so many frames, cached.

    Raises:
        ObjectiveError: kymatio is not installed.
    """

    def tensor(values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(dtype=dtype, device=device)

    def along_frequency(n_bands: int) -> AlongFrequency:
        even, odd, low = (tensor(rows) for rows in _frequency_matrices(n_bands))
        return AlongFrequency(even, odd, low)

    n_padded: int = HOP * next_fast_len(n_frames + _SILENCE, real=True)
    low_pass, bands, modulations = _time_filters(n_padded)
    octaves = [band["j"] for band in bands]

    grouped = []
    for octave in range(max(octaves) + 1):
        spectra = [band["levels"][0] for band in bands if band["j"] == octave]
        grouped.append(tensor(np.stack(spectra)[:, : n_padded >> (octave + 1)]))

    rates = []
    for modulation in modulations:
        n_bands = sum(octave < modulation["j"] for octave in octaves)
        if n_bands > 0:
            positive = np.arange(1 + (n_padded >> (modulation["j"] + 1)))
            ahead, behind = modulation["levels"][0][positive], modulation["levels"][0][-positive]
            even, odd = tensor((ahead + behind) / 2), tensor((ahead - behind) / 2)
            rates.append(Rate(modulation["j"], even, odd, along_frequency(n_bands)))

    response = np.fft.ifft(low_pass["levels"][0]).real
    frames = HOP * np.arange(n_frames)
    averages = []
    for octave in range(1 + max(rate.octave for rate in rates)):
        time = np.arange(0, n_padded, 2**octave)
        averages.append(tensor(2**octave * response[frames - time[:, None]]))

    return FilterBank(
        n_padded, tuple(grouped), tuple(rates), along_frequency(len(bands)), tuple(averages)
    )


def _time_filters(n_padded: int) -> tuple[_Filter, list[_Filter], list[_Filter]]:
    """The average over time, the scalogram's wavelets, those of modulation: `[n_padded]` each."""
    low_pass, bands, modulations = _kymatio_filters(n_padded, J, (Q, 1))
    # From some frequency down, kymatio's wavelets are as wide as each other: no longer of one Q.
    q = bands[0]["xi"] / bands[0]["sigma"]
    bands = [band for band in bands if math.isclose(band["xi"] / band["sigma"], q)]
    return low_pass, bands, modulations


def _frequency_matrices(n_bands: int) -> tuple[NDArray[np.float64], ...]:
    """Filters along frequency: wavelets' real and imaginary parts, low-pass `[rows, bands]`.

    Bands, of which there are `n_bands`, run down from the highest; beyond them there is silence.
    """
    low_pass, wavelets, _ = _kymatio_filters(_N_BANDS_AND_SILENCE, J_FREQUENCY, (1, 1))

    def matrix(wavelet: _Filter) -> NDArray[np.complex128]:
        response = np.fft.ifft(wavelet["levels"][0])
        there = np.arange(0, n_bands, 2 ** wavelet["j"])
        return np.asarray(response[there[:, None] - np.arange(n_bands)])

    moving = np.concatenate([matrix(wavelet) for wavelet in wavelets])
    return moving.real, moving.imag, matrix(low_pass).real


def _kymatio_filters(
    n: int, j: int, q: tuple[int, int]
) -> tuple[_Filter, list[_Filter], list[_Filter]]:
    bank = require("kymatio.scattering1d.filter_bank", extra="jtfs")
    low_pass, first, second = bank.scattering_filter_factory(n, j, q, 2**j, max_subsampling=0)
    return low_pass, first, second
