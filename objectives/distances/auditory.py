"""The distance between loudnesses of auditory bands: their course, and how fast they move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra, STFTConfig
from patchwright.objectives.target import Target

BANDS = 24
"""Auditory bands from 60 Hz to 15 kHz; at low sample rates to .42 of the rate."""

MODULATIONS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Centres of the bands of modulation in Hz, an octave apart."""

_WINDOW = 0.0116  # seconds, rounded to a power of two in samples
_HOP = 0.003  # seconds
_COURSE = 8  # frames of a step of the course: 24 ms
_FULL_SCALE = 100.0  # sound pressure level of a full-scale sine in dB
_EXPONENT = 0.25  # of loudness in power
_MIN_LOUDNESS = 1e-3
_MIN_MODULATION = 1e-8


class Auditory:
    """Difference of the loudness of auditory bands from the target's, as a share of the target's.

        D = (sum_b mean_t |N_b(X) - N_b(Y)| + sum_bm |M_bm(X) - M_bm(Y)|) / sum_b mean_t N_b(Y)

    N_b is the loudness of band b, (1 + E)^1/4 - 1 with E the power above the threshold of hearing,
    in 24 bands evenly spaced in ERBs with the shape of rounded exponentials; a full-scale sine is
    taken for 100 dB. It is compared in steps of 24 ms. M_bm is the amplitude of its modulation in
    octave bands around 2, 4, ... 128 Hz (window 11.6 ms, hop 3 ms), whatever its phase: tremolo,
    roughness and beating. Sums are over channels. Without a unit. Level counts.

    Not symmetric: a sum is relative to the target's.

    Blind to: phase; pitch of what a band does not resolve, so most partials above the eighth;
    which of two moments of a step of 24 ms.

    Source:
        B. Glasberg and B. Moore, Derivation of auditory filter shapes from notched-noise data,
        1990, for bands and shapes; E. Terhardt, Calculating virtual pitch, 1979, for the threshold;
        T. Dau, B. Kollmeier and A. Kohlrausch, 1997, for bands of modulation; the sum is a choice
        made here, by the hearing test.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> t = np.arange(16_000) / 16_000
        >>> steady = 0.1 * np.sin(2 * np.pi * 1_000 * t)
        >>> moved = [steady * (1 + 0.5 * np.sin(2 * np.pi * hz * t)) for hz in (5, 70)]
        >>> audio = np.stack([steady, *moved]).astype(np.float32)[:, None]
        >>> ObjectiveSet([Auditory()], Target(audio[0], 16_000)).score(audio)[:, 0].round(1)
        array([0. , 0.4, 0.2])
    """

    name = "auditory"

    def prepare(self, target: Target) -> PreparedAuditory:
        """Compute the target's loudnesses; targets may have any length."""
        loudness = specific_loudness(target_spectra(target))
        course, modulation = _course(loudness)[0], _modulation(loudness, target.sr)[0]
        total = course.mean(-1).sum().clamp(min=_MIN_LOUDNESS)
        return PreparedAuditory(course, modulation, total)


@dataclass(frozen=True, eq=False)
class PreparedAuditory:
    """The loudness and the modulation of a target.

    Attributes:
        course: Loudness `[c, bands, steps]`.
        modulation: Amplitudes `[c, bands, modulations]`.
        total: Sum of the mean loudnesses, `[]`.
    """

    course: Tensor
    modulation: Tensor
    total: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        loudness = specific_loudness(candidates)
        course = (_course(loudness) - self.course).abs().mean(-1)
        modulation = (_modulation(loudness, candidates.sr) - self.modulation).abs()
        return (course.flatten(1).sum(1) + modulation.flatten(1).sum(1)) / self.total


def specific_loudness(sounds: Spectra) -> Tensor:
    """Compute the loudness of auditory bands.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Loudness `[n, c, frames, bands]`; 0 at the threshold of hearing.
    """
    n_fft = 2 ** max(4, round(math.log2(_WINDOW * sounds.sr)))
    config = STFTConfig(n_fft, _hop(sounds.sr), n_fft, "constant")
    power = torch.view_as_real(sounds.spectrum(config)).square().sum(-1)
    bank = _bank(sounds.sr, n_fft, power.dtype, power.device)
    return (1.0 + power @ bank) ** _EXPONENT - 1.0


def _course(loudness: Tensor) -> Tensor:
    """Average loudness `[n, c, frames, bands]` over steps of time: `[n, c, bands, steps]`."""
    rows = loudness.transpose(-1, -2).flatten(0, 1)
    steps = functional.avg_pool1d(rows, _COURSE, _COURSE, ceil_mode=True)
    return steps.view(*loudness.shape[:2], *steps.shape[1:])


def _modulation(loudness: Tensor, sr: int) -> Tensor:
    """Return amplitudes `[n, c, bands, modulations]` of loudness `[n, c, frames, bands]`."""
    frames = loudness.shape[-2]
    n_fft = int(next_fast_len(frames, real=True))
    steady = loudness.mean(-2, keepdim=True)
    spectrum = torch.fft.rfft((loudness - steady).transpose(-1, -2), n=n_fft)
    power = torch.view_as_real(spectrum).square().sum(-1) * (2.0 / (frames * n_fft))
    octaves = _octaves(sr, n_fft, power.dtype, power.device)
    return (power @ octaves).clamp(min=_MIN_MODULATION).sqrt()


def _hop(sr: int) -> int:
    return max(1, round(_HOP * sr))


@lru_cache(maxsize=16)
def _bank(sr: int, n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return weights `[bins, bands]` from power to power above the threshold of hearing."""
    low, high = _erbs(np.array([60.0, min(15_000.0, 0.42 * sr)]))
    centres = (10.0 ** (np.linspace(low, high, BANDS) / 21.4) - 1.0) / 0.00437
    widths = np.maximum(24.7 * (1.0 + 0.00437 * centres), sr / n_fft)
    hz = np.fft.rfftfreq(n_fft, 1.0 / sr)[:, np.newaxis]
    slope = 4.0 * np.abs(hz - centres) / widths
    shape = (1.0 + slope) * np.exp(-slope)
    full_scale = 1.5 * (n_fft / 4) ** 2
    level = 10.0 ** ((_FULL_SCALE - _threshold(centres)) / 10.0)
    return torch.from_numpy(shape / full_scale * level).to(dtype=dtype, device=device)


@lru_cache(maxsize=16)
def _octaves(sr: int, n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return weights `[bins, modulations]`: triangles on a logarithmic axis."""
    hz = np.fft.rfftfreq(n_fft, _hop(sr) / sr)[1:, np.newaxis]
    triangles = np.maximum(0.0, 1.0 - np.abs(np.log2(hz / np.array(MODULATIONS))))
    weights = np.concatenate([np.zeros((1, len(MODULATIONS))), triangles])
    return torch.from_numpy(weights).to(dtype=dtype, device=device)


def _erbs(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places on the scale of equivalent rectangular bandwidths."""
    return np.asarray(21.4 * np.log10(1.0 + 0.00437 * hz))


def _threshold(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sound pressure levels of the threshold of hearing, in dB."""
    khz = hz / 1_000.0
    ear = 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2)
    return np.asarray(3.64 * khz**-0.8 - ear + 1e-3 * khz**4)
