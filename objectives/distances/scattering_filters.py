"""kymatio's wavelets for joint time-frequency scattering, along time and along frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.extras import require

SR = 16_000
"""Sample rate of the transformed sounds in Hz."""

J = 11
"""Binary logarithm of the longest scale in samples."""

HOP = 2**J
"""Hop between frames in samples: 128 ms."""

Q = 8
"""Bands per octave."""

J_FREQUENCY = 3
"""Binary logarithm of the longest scale along frequency in bands: an octave."""

_SILENCE = 8
"""Frames of silence after the sound, over which what wraps around falls below a thousandth."""

_N_BANDS_AND_SILENCE = 128
"""Bands with padding below them, long enough for filters along frequency to decay."""


class _Filter(TypedDict):
    """A filter of kymatio.

    Attributes:
        levels: Spectra by octave of decimation, `[n]` each; the first has the full rate.
        xi: Centre as a share of the sample rate.
        sigma: Width as a share of the sample rate.
        j: Octaves by which the result may be decimated.
    """

    levels: list[NDArray[np.float64]]
    xi: float
    sigma: float
    j: int


@dataclass(frozen=True, eq=False)
class AlongFrequency:
    """Filters along frequency, as matrices `[rows, bands]`.

    Attributes:
        even: Real parts of the wavelets.
        odd: Imaginary parts of the wavelets; those of mirrored wavelets have the opposite sign.
        low: Low-pass.
    """

    even: Tensor
    odd: Tensor
    low: Tensor

    def apply(self, bands: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Filter bands `[..., bands, t]` with `even`, `odd` and `low`, each to `[..., rows, t]`."""
        return self.even @ bands, self.odd @ bands, self.low @ bands


@dataclass(frozen=True, eq=False)
class Rate:
    """A wavelet along time, for the bands that are wide enough for it.

    Attributes:
        octave: Octave of the result's sample rate `SR / 2**octave`; the bands have higher rates.
        even: Spectrum of the real part, `[bins]`.
        odd: Spectrum of the imaginary part times i, `[bins]`.
        along_frequency: Filters along frequency for these bands.
    """

    octave: int
    even: Tensor
    odd: Tensor
    along_frequency: AlongFrequency


@dataclass(frozen=True, eq=False)
class FilterBank:
    """All filters for a length of sound.

    Attributes:
        n_padded: Length of sound and silence in samples.
        bands: Wavelets of the scalogram, `[bands, bins]` for each octave of their sample rate.
        rates: Wavelets along time.
        along_frequency: Filters along frequency for all bands.
        averages: Average over time, `[t, frames]` for each octave of the averaged sample rate.
    """

    n_padded: int
    bands: tuple[Tensor, ...]
    rates: tuple[Rate, ...]
    along_frequency: AlongFrequency
    averages: tuple[Tensor, ...]


@lru_cache(maxsize=4)
def filter_bank(n_frames: int, dtype: torch.dtype, device: torch.device) -> FilterBank:
    """Build the filters for sounds of `n_frames` frames; cached.

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
    """Return the low-pass, the scalogram's wavelets and the modulation wavelets, `[n_padded]`."""
    low_pass, bands, modulations = _kymatio_filters(n_padded, J, (Q, 1))
    # kymatio's lowest wavelets share one bandwidth and have another Q
    q = bands[0]["xi"] / bands[0]["sigma"]
    bands = [band for band in bands if math.isclose(band["xi"] / band["sigma"], q)]
    return low_pass, bands, modulations


def _frequency_matrices(n_bands: int) -> tuple[NDArray[np.float64], ...]:
    """Return real and imaginary parts of the wavelets, and the low-pass, each `[rows, n_bands]`.

    Bands run down from the highest; beyond the lowest there is silence.
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
