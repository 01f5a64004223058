"""Integrated loudness, as broadcasters measure it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from scipy.signal import freqz
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.signal.filtering import filter_spectrum
from patchwright.objectives.target import ObjectiveError

SILENCE = -70.0
"""LUFS: the absolute gate, and what is measured where nothing passes it."""

RELATIVE_GATE = -10.0
"""LU below the loudness of all that passes the absolute gate."""

BLOCK, STEP = 0.4, 0.25
"""Seconds, and the share of a block from one to the next."""

LEAST_SR = 4_000
"""Hz: the weighting's shelf is at 1.5 kHz."""

CHANNEL_GAINS = (1.0, 1.0, 1.0, 1.41, 1.41)
"""Of left, right, centre and the surrounds."""

_OFFSET = -0.691
_LEAST_POWER = 10.0 ** ((SILENCE - _OFFSET) / 10.0)

_PADDING = 0.1
"""Seconds of silence after the sound. The weighting's response falls as exp(-239 s) per second, so
what wraps around to the front has fallen by 1e-9."""


def loudness(audio: Tensor, sr: int) -> Tensor:
    """Integrated loudness of sounds.

    Each channel is K-weighted (a shelf that lifts the treble by 4 dB, then a 38 Hz high-pass); the
    power is averaged in blocks of 400 ms, one every 100 ms, and summed over channels; the result
    is the mean power of the blocks that are above -70 LUFS and no more than 10 LU below the mean
    of all that are. Equals `pyloudnorm.Meter(sr).integrated_loudness` to 1e-3 LU, but that a sound
    shorter than a block, which it refuses, is one block of its own length, and that silence is
    -70 LUFS rather than minus infinity.

    A sound has the same bits in any batch. Differentiable in the samples, save that a block that
    enters or leaves the gate makes a step.

    Args:
        audio: Sounds `[n, c, t]`, float32 or float64, of at most five channels.
        sr: Sample rate in Hz.

    Returns:
        Loudness `[n]` in LUFS, at least -70, of the audio's number type.

    Raises:
        ObjectiveError: The sample rate is below 4 kHz, or there are more than five channels.

    Source:
        ITU-R BS.1770-4, with the filters of C. Steinmetz and J. Reiss, pyloudnorm, 2021.
    """
    if sr < LEAST_SR:
        raise ObjectiveError(
            f"Loudness needs a sample rate of at least {LEAST_SR} Hz, not {sr}: resample the sound."
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
    # A row at a time, in memory of its own: a Fourier transform's bits depend on how many there
    # are and on where they lie.
    rows = [_block_powers(_k_weighted(row.clone(), sr), sr) for row in torch.split(audio, 1)]
    return _gated(torch.cat(rows)).to(audio.dtype)


def _gated(powers: Tensor) -> Tensor:
    """The loudness `[n]` of blocks of powers `[n, blocks]` that pass both gates."""
    audible = powers >= _LEAST_POWER
    least = _mean_where(audible, powers) * 10.0 ** (RELATIVE_GATE / 10.0)
    passing = (powers > _LEAST_POWER) & (powers > least[:, None])
    power = _mean_where(passing, powers).clamp(min=_LEAST_POWER)
    return _OFFSET + 10.0 * torch.log10(power)


def _mean_where(chosen: Tensor, values: Tensor) -> Tensor:
    """Means `[n]` of the chosen of values `[n, k]`; 0 where none is."""
    return torch.where(chosen, values, 0.0).sum(1) / chosen.sum(1).clamp(min=1)


def _block_powers(weighted: Tensor, sr: int) -> Tensor:
    """Powers `[n, blocks]` in float64, summed over channels, of weighted sounds `[n, c, t]`."""
    starts, ends, length = _blocks(weighted.shape[-1], sr, weighted.device)
    # Summed from the start in double precision: a block is what two sums differ by.
    sums = functional.pad(weighted.double().square().cumsum(-1), (1, 0))
    powers = (sums[..., ends] - sums[..., starts]).clamp(min=0.0) / length
    gains = torch.tensor(CHANNEL_GAINS[: weighted.shape[1]], dtype=torch.float64)
    return (powers * gains.to(powers.device)[:, None]).sum(1)


@lru_cache(maxsize=32)
def _blocks(n_samples: int, sr: int, device: torch.device) -> tuple[Tensor, Tensor, float]:
    """Where blocks start and end, `[blocks]` each, and how many samples a mean is taken over.

    Rounded as pyloudnorm rounds: the last block may reach beyond the sound's end.
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
    """Sounds `[n, c, t]` as loud as the ear takes them to be; same shape."""
    n_fft: int = next_fast_len(audio.shape[-1] + math.ceil(_PADDING * sr))
    return filter_spectrum(audio, _k_response(n_fft, sr, audio.dtype, audio.device)).real


@lru_cache(maxsize=16)
def _k_response(n_fft: int, sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The K-weighting's response `[n_fft]`."""
    frequencies = np.fft.fftfreq(n_fft) * 2.0 * np.pi
    response = np.ones(len(frequencies), np.complex128)
    for numerator, denominator in (_high_shelf(sr), _high_pass(sr)):
        response *= freqz(numerator, denominator, worN=frequencies)[1]
    return torch.from_numpy(response).to(dtype=dtype.to_complex(), device=device)


def _high_shelf(sr: int) -> tuple[list[float], list[float]]:
    """Coefficients of a shelf of 4 dB at 1.5 kHz, by the Audio EQ Cookbook."""
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
    """Coefficients of a high-pass at 38 Hz, by the Audio EQ Cookbook."""
    cosine, alpha = _cookbook(38.0, 0.5, sr)
    side = (1.0 + cosine) / 2.0
    return [side, -1.0 - cosine, side], [1.0 + alpha, -2.0 * cosine, 1.0 - alpha]


def _cookbook(frequency: float, quality: float, sr: int) -> tuple[float, float]:
    """The cosine and the bandwidth term that the cookbook's filters are made of."""
    angle = 2.0 * math.pi * frequency / sr
    return math.cos(angle), math.sin(angle) / (2.0 * quality)
