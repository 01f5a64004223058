"""Joint time-frequency scattering: how the bands of a sound move together."""

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

from objectives.elementwise import modulus
from objectives.embeddings.extras import require

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

_N_BANDS_AND_SILENCE = 256
"""The bands with what is below them, until filters along frequency have died away."""


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Joint scattering coefficients, at least 0.

    Attributes:
        first: Of the first order `[k, paths, frames]`.
        rising: Of the second order, of what rises in frequency `[k, paths, frames]`.
        falling: Of what falls; same shape, same paths.
        together: Of what moves in an octave at once `[k, paths, frames]`.
    """

    first: Tensor
    rising: Tensor
    falling: Tensor
    together: Tensor


def joint_scattering(sounds: Tensor) -> Coefficients:
    """The joint time-frequency scattering transform of the first and second order.

    The scalogram holds the amplitudes of 71 bands from 16 Hz to 7 kHz, eight an octave. The first
    order is its average over time, convolved along frequency with wavelets of four scales (2.8,
    1.4, 0.7 and 0.35 cycles an octave) and a low-pass of an octave. The second order is the
    scalogram, convolved along time with wavelets of nine rates (2.7 Hz and its octaves to 700 Hz,
    each for the bands that are wide enough) and along frequency as before, by each wavelet twice:
    as it is and mirrored. The amplitudes of the result are averaged over time. Averages are by a
    Gaussian of 0.48 s (full width at half height), each 128 ms; along frequency there is none.

    Args:
        sounds: Samples `[k, t]` at 16 kHz, float32 or float64, of any length.

    Returns:
        Coefficients at the frames from the first sample on, differentiable.

    Raises:
        ObjectiveError: kymatio is not installed.

    Source:
        J. Andén, V. Lostanlen and S. Mallat, Joint Time-Frequency Scattering, 2019,
        arXiv:1807.08869. Filters, orders and strides as in J. Muradeli et al., Differentiable
        Time-Frequency Scattering on GPU, 2022, arXiv:2204.08269, and kymatio's unreleased
        TimeFrequencyScattering with T=2**J and F=0, but for three choices: all bands have the
        same Q, their wavelets no negative frequencies, and the sound has silence around it, not
        its mirror image.
    """
    bank = _filter_bank(math.ceil(sounds.shape[-1] / HOP), sounds.dtype, sounds.device)
    scalogram = _scalogram(sounds, bank)
    averaged = [bands @ average for bands, average in zip(scalogram, bank.averages, strict=False)]
    even, odd, low = bank.along_frequency.apply(torch.cat(averaged, dim=-2))
    first = torch.cat((modulus(torch.complex(even, odd)), low), dim=-2)

    spectra = [torch.fft.rfft(bands, norm="forward") for bands in scalogram]
    second = [_second_order(spectra, rate, bank.averages[rate.octave]) for rate in bank.rates]
    rising, falling, together = (torch.cat(parts, dim=-2) for parts in zip(*second, strict=True))
    return Coefficients(first, rising, falling, together)


def _scalogram(sounds: Tensor, bank: _FilterBank) -> list[Tensor]:
    """Amplitudes, by octave of their rate `SR / 2**octave`: each `[k, bands, t]`."""
    # As objectives/envelope.py tells, one long row takes less time as complex numbers.
    samples = sounds.to(sounds.dtype.to_complex())[:, None]
    spectrum = torch.fft.fft(samples, n=bank.n_padded, norm="forward")
    scalogram = []
    for wavelets in bank.bands:
        n_bins = wavelets.shape[-1]
        # Positive frequencies alone: the transform sets the others to 0.
        analytic = torch.fft.ifft(spectrum[..., :n_bins] * wavelets, n=2 * n_bins, norm="forward")
        scalogram.append(modulus(analytic))
    return scalogram


def _second_order(
    spectra: list[Tensor], rate: _Rate, average: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What rises, falls and moves at once, at one modulation rate: each `[k, paths, frames]`."""
    n_bins = len(rate.even)
    # The real and the imaginary part of a wavelet act as two filters: there is no complex product.
    bands = torch.cat([bands[..., :n_bins] for bands in spectra[: rate.octave]], dim=-2)
    parts = torch.stack((bands * rate.even, torch.complex(bands.imag, -bands.real) * rate.odd))
    moving = torch.fft.irfft(parts, n=2 * (n_bins - 1), norm="forward")
    even, odd, low = rate.along_frequency.apply(moving)
    rising = torch.complex(even[0] - odd[1], even[1] + odd[0])
    falling = torch.complex(even[0] + odd[1], even[1] - odd[0])
    together = torch.complex(low[0], low[1])
    return modulus(rising) @ average, modulus(falling) @ average, modulus(together) @ average


@dataclass(frozen=True, eq=False)
class _AlongFrequency:
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
class _Rate:
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
    along_frequency: _AlongFrequency


@dataclass(frozen=True, eq=False)
class _FilterBank:
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
    rates: tuple[_Rate, ...]
    along_frequency: _AlongFrequency
    averages: tuple[Tensor, ...]


@lru_cache(maxsize=4)
def _filter_bank(n_frames: int, dtype: torch.dtype, device: torch.device) -> _FilterBank:
    """The filters for sounds of so many frames, cached.

    Raises:
        ObjectiveError: kymatio is not installed.
    """

    def tensor(values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(dtype=dtype, device=device)

    def along_frequency(n_bands: int) -> _AlongFrequency:
        even, odd, low = (tensor(rows) for rows in frequency_matrices(n_bands))
        return _AlongFrequency(even, odd, low)

    n_padded: int = HOP * next_fast_len(n_frames + _SILENCE, real=True)
    low_pass, bands, modulations = time_filters(n_padded)
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
            rates.append(_Rate(modulation["j"], even, odd, along_frequency(n_bands)))

    response = np.fft.ifft(low_pass["levels"][0]).real
    frames = HOP * np.arange(n_frames)
    averages = []
    for octave in range(1 + max(rate.octave for rate in rates)):
        time = np.arange(0, n_padded, 2**octave)
        averages.append(tensor(2**octave * response[frames - time[:, None]]))

    return _FilterBank(
        n_padded, tuple(grouped), tuple(rates), along_frequency(len(bands)), tuple(averages)
    )


Filter = dict[str, Any]
"""As kymatio has it: `levels[0]`, its spectrum; `xi`, its centre as a share of the sample rate;
`sigma`, its width; `j`, the octaves by which its result may be decimated."""


def time_filters(n_padded: int) -> tuple[Filter, list[Filter], list[Filter]]:
    """The average over time, the scalogram's wavelets and those of modulation, as spectra.

    Args:
        n_padded: Length of the spectra.

    Raises:
        ObjectiveError: kymatio is not installed.
    """
    low_pass, bands, modulations = _kymatio_filters(n_padded, J, (Q, 1))
    # From some frequency down, kymatio's wavelets are as wide as each other: no longer of one Q.
    q = bands[0]["xi"] / bands[0]["sigma"]
    bands = [band for band in bands if math.isclose(band["xi"] / band["sigma"], q)]
    return low_pass, bands, modulations


def frequency_matrices(n_bands: int) -> tuple[NDArray[np.float64], ...]:
    """Filters along frequency: wavelets' real and imaginary parts, low-pass `[rows, bands]`.

    What is convolved is 0 outside the bands; of the result each `2**j`th is taken.

    Args:
        n_bands: Number of bands, from the highest down.

    Raises:
        ObjectiveError: kymatio is not installed.
    """
    low_pass, wavelets, _ = _kymatio_filters(_N_BANDS_AND_SILENCE, J_FREQUENCY, (1, 1))

    def matrix(spatial: Filter) -> NDArray[np.complex128]:
        response = np.fft.ifft(spatial["levels"][0])
        there = np.arange(0, n_bands, 2 ** spatial["j"])
        return np.asarray(response[there[:, None] - np.arange(n_bands)])

    moving = np.concatenate([matrix(wavelet) for wavelet in wavelets])
    return moving.real, moving.imag, matrix(low_pass).real


def _kymatio_filters(
    n: int, j: int, q: tuple[int, int]
) -> tuple[Filter, list[Filter], list[Filter]]:
    require("kymatio", extra="jtfs")
    bank = require("kymatio.scattering1d.filter_bank", extra="jtfs")
    low_pass, first, second = bank.scattering_filter_factory(n, j, q, 2**j, max_subsampling=0)
    return low_pass, first, second
