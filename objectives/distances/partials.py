"""The distance between loudnesses along a fine, logarithmic axis of frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra, STFTConfig
from patchwright.objectives.target import Target

LOWEST, HIGHEST = 50.0, 8_000.0
"""Ends of the axis in Hz; at low sample rates it ends at .45 of the rate."""

STEPS = 48
"""Steps an octave."""

WIDTHS = (1, 3, 9, 27)
"""Widths in steps over which loudness is averaged before it is compared: 25 cents to a fifth."""

_WINDOW = 0.186  # seconds, rounded to a power of two in samples
_BAND = 13  # steps; about the bandwidth of an auditory filter at 1 kHz
_EXPONENT = 0.25  # of loudness in power
_THRESHOLD = 1e-8  # power that counts as silence; a full-scale sine has 1
_MIN_LOUDNESS = 1e-6


class Partials:
    """Difference of loudness from the target's, partial by partial, as a share of the target's.

        D = mean_w sum |S_w N(X) - S_w N(Y)| / sum N(Y)

    N is a loudness for each step of 1/48 octave from 50 Hz to 8 kHz (window 186 ms, hop half of
    it): the compressed power of a band of 13 steps, (E + A)^1/4 - A^1/4, of which each step has
    its share of the band's power E; A is 80 dB below a full-scale sine. S_w averages over w = 1,
    3, 9 and 27 steps, so that a partial costs more the farther it is from the target's: from a
    whole tone away, a pitch has a slope towards the right one. Sums are over channels, frames and
    steps.
    Without a unit: silence is at 1 from any audible target. Level counts.

    Not symmetric: a sum is relative to the target's.

    Blind to: phase; movement faster than 5 Hz; what lies below 50 Hz or above 8 kHz; which of two
    pitches is nearer, if both are farther than a whole tone.

    Source:
        B. Moore and B. Glasberg, 1983, for the shares of a band's loudness that a partial has, here
        with bands of equal width in octaves; the widths and the sum are choices made here, by the
        hearing test.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> t = np.arange(16_000) / 16_000
        >>> tones = [0.1 * np.sin(2 * np.pi * 440 * 2 ** (c / 1200) * t) for c in (0, 50, 200)]
        >>> audio = np.stack(tones).astype(np.float32)[:, None]
        >>> ObjectiveSet([Partials()], Target(audio[0], 16_000)).score(audio)[:, 0].round(1)
        array([0. , 0.8, 1.3])
    """

    name = "partials"

    def prepare(self, target: Target) -> PreparedPartials:
        """Compute the target's loudnesses; targets may have any length."""
        loudness = partial_loudness(target_spectra(target))[0]
        return PreparedPartials(loudness, loudness.sum().clamp(min=_MIN_LOUDNESS))


@dataclass(frozen=True, eq=False)
class PreparedPartials:
    """The loudnesses of a target.

    Attributes:
        loudness: Loudness `[c, frames, steps]`.
        total: Sum of them, `[]`.
    """

    loudness: Tensor
    total: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`."""
        difference = (partial_loudness(candidates) - self.loudness).flatten(1, 2)
        sums = [_averaged(difference, width).abs().flatten(1).sum(1) for width in WIDTHS]
        return torch.stack(sums).mean(0) / self.total


def partial_loudness(sounds: Spectra) -> Tensor:
    """Compute the loudness of each step of the axis.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Loudness `[n, c, frames, steps]`.
    """
    n_fft = 2 ** round(math.log2(_WINDOW * sounds.sr))
    config = STFTConfig(n_fft, n_fft // 2, n_fft, "constant")
    first, axis = _axis(sounds.sr, n_fft, sounds.audio.dtype, sounds.audio.device)
    part = torch.view_as_real(sounds.spectrum(config)[..., first : first + len(axis)])
    power = part.square().sum(-1) @ axis
    band = _BAND * _averaged(power.flatten(1, 2), _BAND).view_as(power)
    compressed = (band + _THRESHOLD) ** _EXPONENT - _THRESHOLD**_EXPONENT
    loudness: Tensor = power * compressed / (band + 1e-4 * _THRESHOLD)
    return loudness


def _averaged(rows: Tensor, width: int) -> Tensor:
    """Average rows `[n, k, steps]` over neighbouring steps."""
    return functional.avg_pool1d(rows, width, 1, width // 2) if width > 1 else rows


@lru_cache(maxsize=16)
def _axis(sr: int, n_fft: int, dtype: torch.dtype, device: torch.device) -> tuple[int, Tensor]:
    """Return the first bin, and weights `[bins, steps]` of powers relative to a full-scale sine."""
    highest = min(HIGHEST, 0.45 * sr)
    steps = math.ceil(math.log2(highest / LOWEST) * STEPS) + 1
    hz = np.fft.rfftfreq(n_fft, 1.0 / sr)
    place = np.log2(np.maximum(hz, 1e-9) / LOWEST)[:, np.newaxis] * STEPS
    weights = np.maximum(0.0, 1.0 - np.abs(place - np.arange(steps)))
    inside = np.flatnonzero(weights.any(axis=1))
    first, last = inside[0], inside[-1]
    weights = weights[first : last + 1] / (1.5 * (n_fft / 4) ** 2)
    return int(first), torch.from_numpy(weights).to(dtype=dtype, device=device)
