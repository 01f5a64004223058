"""The distance between fundamental frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target

MIN_F0, MAX_F0 = 30.0, 4200.0
"""Range of pitches in Hz; the highest is at most a quarter of the sample rate."""

WINDOW = 2048 / 44_100
"""Window in seconds, compared with the sound a period later; a frame is two windows."""

THRESHOLD = 0.1
"""The first minimum of the normalised difference below this gives the period."""

VOICED = 0.2
"""Without such a minimum, the deepest point gives the period if it is below this."""

MIN_RMS = 1e-4
"""Root mean square of a window below which it has no pitch: -80 dB."""

CENTS_PER_OCTAVE = 1200.0

MIN_SR = 1_000
"""Lowest sample rate in Hz."""


class F0:
    """Mean absolute difference of fundamental frequencies, in cents.

        D = mean_j min(1200, 1200 |log2 f_j(X) - log2 f_j(Y)|)

    f is the pitch of the channels' mean by YIN, in frames of 93 ms every 23 ms that lie wholly
    within the sound; the mean is over the frames j in which the target has a pitch. A frame in
    which the candidate has no pitch costs 1200 cents, so a wrong note is never worse than noise.

    YIN is as published, with a threshold of 0.1, except that without a minimum below the threshold
    the deepest point counts only if it is below 0.2. Pitches are sought from 30 to 4200 Hz, or to
    a quarter of the sample rate. Above a tenth of the sample rate the parabola is crude, and
    pitches are off by up to 20 cents. Agrees with `librosa.yin` for clear pitches; librosa
    compares the frame with silence beyond its end, and so estimates deep notes too high.

    Differentiable through the interpolation alone: the gradient is 0 except where both sounds have
    a pitch less than an octave apart, and the distance jumps where another period is chosen. An
    error of an octave, the most frequent one, costs as much as noise.

    Blind to: timbre; level; phase; the candidate where the target has no pitch; all but one note
    of a chord. Only pitch counts.

    Source:
        A. de Cheveigné and H. Kawahara, YIN, a fundamental frequency estimator for speech and
        music, 2002; frames, voicing and the maximum cost are choices made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> time = np.arange(8_000, dtype=np.float32)[None] / 22_050
        >>> a, sharp, noise = (0.3 * np.sin(2 * np.pi * hz * time) for hz in (220, 226.4, 0))
        >>> ObjectiveSet([F0()], Target(a, 22_050)).score(np.stack([sharp, noise])).round(0)
        array([[  50.],
               [1200.]])
    """

    name = "f0"

    def prepare(self, target: Target) -> PreparedF0:
        """Estimate the target's pitches.

        Raises:
            ObjectiveError: The target is shorter than a frame or has no pitch, or its sample rate
                is below 1 kHz.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        target.require_samples(2 * _window(target.sr), name=self.name)
        octaves, voiced = pitch(target_spectra(target))
        if not bool(voiced.any()):
            raise ObjectiveError(
                f"f0 finds no pitch between {MIN_F0:.0f} and {_max_f0(target.sr):.0f} Hz in the "
                "target: give a recording of a note or leave f0 out."
            )
        return PreparedF0(octaves[0], voiced[0])


@dataclass(frozen=True, eq=False)
class PreparedF0:
    """The pitches of a target.

    Attributes:
        octaves: Pitches in octaves above 1 Hz, `[frames]`.
        voiced: Whether each frame has a pitch, `[frames]`.
    """

    octaves: Tensor
    voiced: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]` in cents."""
        octaves, voiced = pitch(candidates)
        cents = CENTS_PER_OCTAVE * (octaves - self.octaves).abs()
        costs = torch.where(voiced, cents.clamp(max=CENTS_PER_OCTAVE), CENTS_PER_OCTAVE)
        return costs[:, self.voiced].mean(1).to(candidates.audio.dtype)


def pitch(sounds: Spectra) -> tuple[Tensor, Tensor]:
    """Estimate pitch by YIN.

    Args:
        sounds: Sounds `[n, c, t]` of at least one frame.

    Returns:
        Pitch of each frame in octaves above 1 Hz, float64 `[n, frames]`, meaningless in unvoiced
        frames; and whether each frame is voiced, `[n, frames]`.
    """
    sr, window = sounds.sr, _window(sounds.sr)
    shortest, longest = math.floor(sr / _max_f0(sr)), math.ceil(sr / MIN_F0)
    # double precision, because the difference of energies is nearly 0 at a deep note's period
    frames = sounds.audio.double().mean(1).unfold(-1, 2 * window, window // 2)
    difference, energy = _difference(frames, window, longest + 1)

    # equation 8, with 0 / 0 taken as 1 in silence
    lags = torch.arange(1, longest + 2, dtype=torch.float64, device=frames.device)
    sums = difference.cumsum(-1)
    min_energy = MIN_RMS**2 * window
    normalised = torch.where(sums > 0.0, difference * lags / sums.clamp(min=1e-30), 1.0)

    # index 0 is a lag of 1; the first and last lag are only neighbours
    normalised = normalised.detach()
    before, here, after = (normalised[..., shortest - 1 + k : longest + k] for k in (-1, 0, 1))
    is_minimum = (here < before) & (here <= after)
    rise, bend = 0.5 * (after - before), before + after - 2.0 * here
    # step 5: the depth at the parabola's vertex; a short period's minimum lies between samples
    depths = torch.where(is_minimum, here - 0.5 * rise.square() / bend, here)
    # step 4
    deep = is_minimum & (depths < THRESHOLD)
    chosen = torch.where(deep.any(-1), deep.int().argmax(-1), depths.argmin(-1))[..., None]
    voiced = (depths.gather(-1, chosen)[..., 0] < VOICED) & (energy > min_energy)

    chosen = chosen + shortest - 1
    left, middle, right = (difference.gather(-1, chosen + k)[..., 0] for k in (-1, 0, 1))
    period = lags[chosen[..., 0]] + _parabola(left, middle, right)
    return torch.log2(sr / period), voiced


def _difference(frames: Tensor, window: int, longest: int) -> tuple[Tensor, Tensor]:
    """Compute the difference function (equation 6) of each frame.

    Args:
        frames: Frames `[n, frames, 2 * window]`.
        window: Window in samples.
        longest: Longest lag in samples, at most `window`.

    Returns:
        Sums of squared differences between the first window and the one that begins at each lag
        from 1, `[n, frames, longest]`; and energies of the first windows, `[n, frames]`.
    """
    n_fft = int(next_fast_len(2 * window, real=True))
    first = torch.fft.rfft(frames[..., :window], n=n_fft)
    whole = torch.fft.rfft(frames, n=n_fft)
    product = torch.complex(
        first.real * whole.real + first.imag * whole.imag,
        first.real * whole.imag - first.imag * whole.real,
    )
    correlation = torch.fft.irfft(product, n=n_fft)[..., 1 : longest + 1]
    sums = functional.pad(frames.square().cumsum(-1), (1, 0))
    energies = sums[..., window : window + longest + 1] - sums[..., : longest + 1]
    energy = energies[..., 0]
    difference = energy[..., None] + energies[..., 1:] - 2.0 * correlation
    return difference.clamp(min=0.0), energy


def _parabola(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
    """Return the vertex of the parabola through three neighbours, from -1 to 1; 0 beyond."""
    bend, rise = left + right - 2.0 * middle, 0.5 * (right - left)
    within = rise.abs() < bend
    return torch.where(within, -rise / torch.where(within, bend, 1.0), 0.0)


def _window(sr: int) -> int:
    return round(WINDOW * sr)


def _max_f0(sr: int) -> float:
    return min(MAX_F0, sr / 4.0)
