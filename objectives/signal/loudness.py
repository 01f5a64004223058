"""Integrated loudness by ITU-R BS.1770-4; equation numbers are those of its Annex 1."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.polynomial.polynomial import polyval
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.filtering import filter_spectrum
from patchwright.objectives.signal.spectra import STFTConfig
from patchwright.objectives.target import ObjectiveError

SILENCE = -70.0
"""Absolute gate in LUFS, and the loudness of sounds that do not pass it."""

RELATIVE_GATE = -10.0
"""Relative gate in LU, relative to the loudness of blocks above the absolute gate."""

BLOCK, STEP = 0.4, 0.25
"""Length of a block in seconds, and step from block to block as a share of it."""

MIN_SR = 4_000
"""Lowest sample rate in Hz: the shelf of the K-weighting is at 1.5 kHz."""

CHANNEL_GAINS = (1.0, 1.0, 1.0, 1.41, 1.41)
"""Weights G of left, right, centre and the surrounds (table 3)."""

_OFFSET = -0.691
_MIN_POWER = 10.0 ** ((SILENCE - _OFFSET) / 10.0)

_PADDING = 0.1
"""Seconds of silence after the sound. The weighting's response falls as exp(-239 s) per second, so
what wraps around to the start has fallen by 1e-9."""


def loudness(audio: Tensor, sr: int) -> Tensor:
    """Measure the integrated loudness of sounds.

        L_KG = -0.691 + 10 log10 mean_{j in J} Σ_i G_i z_ij                        (7)

    z_ij is the power of channel i in block j (400 ms every 100 ms) after K-weighting (a shelf that
    lifts the treble by 4 dB, then a 38 Hz high-pass). J are the blocks above -70 LUFS that are at
    most 10 LU below the mean of all blocks above -70 LUFS. Equals
    `pyloudnorm.Meter(sr).integrated_loudness` to 1e-3 LU, except that a sound shorter than a
    block, which pyloudnorm refuses, is one block of its own length, and that silence is -70 LUFS
    rather than minus infinity.

    A sound has the same bits in any batch. Differentiable in the samples, except for a jump where
    a block passes a gate.

    Args:
        audio: Sounds `[n, c, t]`, float32 or float64, with at most five channels.
        sr: Sample rate in Hz.

    Returns:
        Loudness in LUFS, `[n]`, at least -70, with the audio's dtype.

    Raises:
        ObjectiveError: The sample rate is below 4 kHz, or there are more than five channels.

    Source:
        ITU-R BS.1770-4, with the filters of C. Steinmetz and J. Reiss, pyloudnorm, 2021.

    Examples:
        A full-scale sine of 997 Hz in one channel measures -3.01 LUFS:

        >>> sine = torch.sin(2 * torch.pi * 997 * torch.arange(96_000) / 48_000)
        >>> loudness(sine[None, None], 48_000).round()
        tensor([-3.])
    """
    if sr < MIN_SR:
        raise ObjectiveError(
            f"Loudness needs a sample rate of at least {MIN_SR} Hz, not {sr}: resample the sound."
        )
    if audio.shape[1] > len(CHANNEL_GAINS):
        raise ObjectiveError(
            f"Loudness is defined for at most {len(CHANNEL_GAINS)} channels, not "
            f"{audio.shape[1]}: mix them down."
        )
    if len(audio) == 0:
        return audio.new_zeros(0)
    if audio.device.type != "cpu":
        return _gated(_block_powers(_k_weighted(audio, sr), sr)).to(audio.dtype)
    # row by row, each in its own memory: the bits of a Fourier transform depend on the number of
    # rows and on their alignment
    rows = [_block_powers(_k_weighted(row.clone(), sr), sr) for row in torch.split(audio, 1)]
    return _gated(torch.cat(rows)).to(audio.dtype)


def weighted_power(power: Tensor, stft: STFTConfig, sr: int) -> Tensor:
    """Return the K-weighted mean square of each frame, `[n, frames]`, for `max_momentary`.

    Args:
        power: Power `[n, frames, bins]` of sounds that were mixed to mono.
        stft: Transform of the sounds; its window is as long as its FFT.
        sr: Sample rate in Hz.
    """
    return power @ _bin_weights(stft.n_fft, sr, power.dtype, power.device)


def max_momentary(mean_square: Tensor, stft: STFTConfig, sr: int) -> Tensor:
    """Measure the loudness of the loudest 400 ms of sounds, from a spectrogram that is at hand.

    The maximum momentary loudness of EBU Tech 3341, with the K-weighting applied to the bins of
    the transform: without gates, so that one note counts as much as a phrase, and to about 0.5 LU.

    Args:
        mean_square: Mean squares `[n, frames]` by `weighted_power`.
        stft: Transform of the sounds.
        sr: Sample rate in Hz.

    Returns:
        Loudness in LUFS, `[n]`, at least -70.
    """
    width = min(mean_square.shape[1], max(1, round(BLOCK * sr / stft.hop)))
    blocks = functional.avg_pool1d(mean_square[:, None], width, stride=1)[:, 0]
    return _OFFSET + 10.0 * torch.log10(blocks.amax(1).clamp(min=_MIN_POWER))


def _gated(powers: Tensor) -> Tensor:
    """Compute the gated loudness `[n]` of block powers `[n, blocks]`."""
    audible = powers >= _MIN_POWER  # l_j >= Γ_a by (4), as a power
    relative = _mean_where(audible, powers) * 10.0 ** (RELATIVE_GATE / 10.0)  # Γ_r by (5) and (6)
    passing = (powers > _MIN_POWER) & (powers > relative[:, None])
    power = _mean_where(passing, powers).clamp(min=_MIN_POWER)
    return _OFFSET + 10.0 * torch.log10(power)  # (7)


def _mean_where(chosen: Tensor, values: Tensor) -> Tensor:
    """Average the chosen of values `[n, k]`: `[n]`, 0 if none is chosen."""
    return torch.where(chosen, values, 0.0).sum(1) / chosen.sum(1).clamp(min=1)


def _block_powers(weighted: Tensor, sr: int) -> Tensor:
    """Compute Σ_i G_i z_ij by (3), `[n, blocks]` in float64, of weighted sounds `[n, c, t]`."""
    starts, ends, length = _blocks(weighted.shape[-1], sr, weighted.device)
    # cumulative sums in double precision: the energy of a block is the difference of two
    sums = functional.pad(weighted.double().square().cumsum(-1), (1, 0))
    powers = (sums[..., ends] - sums[..., starts]).clamp(min=0.0) / length
    gains = torch.tensor(CHANNEL_GAINS[: weighted.shape[1]], dtype=torch.float64)
    return (powers * gains.to(powers.device)[:, None]).sum(1)


@lru_cache(maxsize=32)
def _blocks(n_samples: int, sr: int, device: torch.device) -> tuple[Tensor, Tensor, float]:
    """Return starts and ends of the blocks, `[blocks]` each, and the divisor of their means.

    Rounded as in pyloudnorm: the last block may reach beyond the sound's end.
    """
    if n_samples < BLOCK * sr:
        starts, ends, length = [0], [n_samples], float(n_samples)
    else:
        numbers = range(round((n_samples / sr - BLOCK) / (BLOCK * STEP)) + 1)
        starts = [int(BLOCK * (j * STEP) * sr) for j in numbers]
        ends = [min(int(BLOCK * (j * STEP + 1) * sr), n_samples) for j in numbers]
        length = BLOCK * sr
    return torch.tensor(starts, device=device), torch.tensor(ends, device=device), length


def _k_weighted(audio: Tensor, sr: int) -> Tensor:
    """Apply the K-weighting to sounds `[n, c, t]`; same shape."""
    n_fft: int = next_fast_len(audio.shape[-1] + math.ceil(_PADDING * sr))
    return filter_spectrum(audio, _k_response(n_fft, sr, audio.dtype, audio.device)).real


@lru_cache(maxsize=16)
def _k_response(n_fft: int, sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the response of the K-weighting, `[n_fft]`."""
    z = np.exp(-2j * np.pi * np.fft.fftfreq(n_fft))
    response = np.ones(len(z), np.complex128)
    for numerator, denominator in (_high_shelf(sr), _high_pass(sr)):
        response *= polyval(z, numerator) / polyval(z, denominator)
    return torch.from_numpy(response).to(dtype=dtype.to_complex(), device=device)


@lru_cache(maxsize=16)
def _bin_weights(n_fft: int, sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the factors `[n_fft // 2 + 1]` from a frame's power to its weighted mean square."""
    weight = _k_response(n_fft, sr, dtype, device)[: n_fft // 2 + 1].abs().square()
    weight[1 : (n_fft + 1) // 2] *= 2.0  # negative frequencies
    return weight / (0.375 * n_fft**2)  # the power of a Hann window is 3/8


def _high_shelf(sr: int) -> tuple[list[float], list[float]]:
    """Return the coefficients of a 4 dB shelf at 1.5 kHz, by the Audio EQ Cookbook."""
    gain = 10.0 ** (4.0 / 40.0)
    cosine, alpha = _cookbook(1500.0, 1.0 / math.sqrt(2.0), sr)
    up, down, slope = gain + 1.0, gain - 1.0, 2.0 * math.sqrt(gain) * alpha
    return (
        [
            gain * (up + down * cosine + slope),
            -2.0 * gain * (down + up * cosine),
            gain * (up + down * cosine - slope),
        ],
        [up - down * cosine + slope, 2.0 * (down - up * cosine), up - down * cosine - slope],
    )


def _high_pass(sr: int) -> tuple[list[float], list[float]]:
    """Return the coefficients of a 38 Hz high-pass, by the Audio EQ Cookbook."""
    cosine, alpha = _cookbook(38.0, 0.5, sr)
    side = (1.0 + cosine) / 2.0
    return [side, -1.0 - cosine, side], [1.0 + alpha, -2.0 * cosine, 1.0 - alpha]


def _cookbook(frequency: float, quality: float, sr: int) -> tuple[float, float]:
    """Return the cookbook's intermediate values cos(w0) and alpha."""
    angle = 2.0 * math.pi * frequency / sr
    return math.cos(angle), math.sin(angle) / (2.0 * quality)
