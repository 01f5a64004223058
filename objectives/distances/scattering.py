"""Joint time-frequency scattering: how the bands of a sound move together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.distances.scattering_filters import HOP, FilterBank, Rate, filter_bank
from patchwright.objectives.signal.elementwise import modulus


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
    bank = filter_bank(math.ceil(sounds.shape[-1] / HOP), sounds.dtype, sounds.device)
    scalogram = _scalogram(sounds, bank)
    averaged = [bands @ average for bands, average in zip(scalogram, bank.averages, strict=False)]
    even, odd, low = bank.along_frequency.apply(torch.cat(averaged, dim=-2))
    first = torch.cat((modulus(torch.complex(even, odd)), low), dim=-2)

    spectra = [torch.fft.rfft(bands, norm="forward") for bands in scalogram]
    second = [_second_order(spectra, rate, bank.averages[rate.octave]) for rate in bank.rates]
    rising, falling, together = (torch.cat(parts, dim=-2) for parts in zip(*second, strict=True))
    return Coefficients(first, rising, falling, together)


def _scalogram(sounds: Tensor, bank: FilterBank) -> list[Tensor]:
    """Amplitudes, by octave of their rate `SR / 2**octave`: each `[k, bands, t]`."""
    # As `filtering` tells, one long row takes less time as complex numbers.
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
    spectra: list[Tensor], rate: Rate, average: Tensor
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
