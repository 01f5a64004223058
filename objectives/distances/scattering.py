"""The joint time-frequency scattering transform."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from patchwright.objectives.distances.scattering_filters import HOP, FilterBank, Rate, filter_bank
from patchwright.objectives.signal.elementwise import modulus


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Joint scattering coefficients, at least 0; each `[k, paths, frames]`.

    Attributes:
        first: First order.
        rising: Second order, by wavelets of spin up: partials that rise in frequency.
        falling: Second order, by wavelets of spin down: partials that fall; paths as in `rising`.
        together: Second order, by the low-pass along frequency: bands that move at once.
    """

    first: Tensor
    rising: Tensor
    falling: Tensor
    together: Tensor


def joint_scattering(sounds: Tensor) -> Coefficients:
    """Compute the first and second order of the joint time-frequency scattering transform.

        U(t, λ) = |x * ψ_λ|(t)                                        (scalogram)
        first   = |(U * φ_T) * ψ_l|  and  (U * φ_T) * φ_F             (* along λ)
        rising  = |U * ψ_μ(t) ψ_l(+λ)| * φ_T
        falling = |U * ψ_μ(t) ψ_l(-λ)| * φ_T
        together = |U * ψ_μ(t) φ_F(λ)| * φ_T

    The scalogram has 71 bands λ from 16 Hz to 7 kHz, eight per octave. ψ_l are wavelets along
    frequency at four scales (2.8, 1.4, 0.7 and 0.35 cycles per octave), φ_F a low-pass of an
    octave. ψ_μ are wavelets along time at nine rates (2.7 Hz and its octaves to 700 Hz, each for
    the bands that are wide enough). φ_T is a Gaussian of 0.48 s (full width at half maximum),
    sampled every 128 ms; there is no average along frequency.

    Args:
        sounds: Samples `[k, t]` at 16 kHz, float32 or float64, of any length.

    Returns:
        Coefficients, in frames from the first sample on; differentiable.

    Raises:
        ObjectiveError: kymatio is not installed.

    Source:
        J. Andén, V. Lostanlen and S. Mallat, Joint Time-Frequency Scattering, 2019,
        arXiv:1807.08869. Filters, orders and strides as in J. Muradeli et al., Differentiable
        Time-Frequency Scattering on GPU, 2022, arXiv:2204.08269, and kymatio's unreleased
        TimeFrequencyScattering with T=2**J and F=0, with three exceptions: all bands have the
        same Q, their wavelets have no negative frequencies, and the sound is padded with silence
        rather than mirrored.
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
    """Return amplitudes `[k, bands, t]` for each octave of their sample rate `SR / 2**octave`."""
    # complex, because MKL transforms one long complex row faster: see `filter_spectrum`
    samples = sounds.to(sounds.dtype.to_complex())[:, None]
    spectrum = torch.fft.fft(samples, n=bank.n_padded, norm="forward")
    scalogram = []
    for wavelets in bank.bands:
        n_bins = wavelets.shape[-1]
        # positive frequencies alone: the transform pads the others with 0
        analytic = torch.fft.ifft(spectrum[..., :n_bins] * wavelets, n=2 * n_bins, norm="forward")
        scalogram.append(modulus(analytic))
    return scalogram


def _second_order(
    spectra: list[Tensor], rate: Rate, average: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return `rising`, `falling` and `together` at one modulation rate, `[k, paths, frames]`."""
    n_bins = len(rate.even)
    # real and imaginary part of a wavelet as two filters, which avoids complex products
    bands = torch.cat([bands[..., :n_bins] for bands in spectra[: rate.octave]], dim=-2)
    parts = torch.stack((bands * rate.even, torch.complex(bands.imag, -bands.real) * rate.odd))
    moving = torch.fft.irfft(parts, n=2 * (n_bins - 1), norm="forward")
    even, odd, low = rate.along_frequency.apply(moving)
    rising = torch.complex(even[0] - odd[1], even[1] + odd[0])
    falling = torch.complex(even[0] + odd[1], even[1] - odd[0])
    together = torch.complex(low[0], low[1])
    return modulus(rising) @ average, modulus(falling) @ average, modulus(together) @ average
