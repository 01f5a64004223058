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

LOWEST, HIGHEST = 30.0, 4200.0
"""Hz; the highest is no more than a quarter of the sample rate."""

WINDOW = 2048 / 44_100
"""Seconds that are compared with themselves a period later; a frame is two windows."""

THRESHOLD = 0.1
"""The first trough of the normalised difference below this is the period."""

VOICED = 0.2
"""Where no trough is, the deepest point is, if it lies below this; else there is no pitch."""

LEAST_RMS = 1e-4
"""Level of a window, -80 dB, below which it has no pitch."""

CENTS_PER_OCTAVE = 1200.0

LEAST_SR = 1_000
"""Hz."""


class F0:
    """Mean absolute difference of fundamental frequencies, in cents.

    The pitch of the channels' mean, by YIN, in frames of 93 ms every 23 ms that lie wholly within
    the sound; then the mean of the absolute difference over the frames where the target has a
    pitch. A frame costs at most 1200 cents, an octave, and as much where the candidate has none:
    so a wrong note is never worse than noise.

    YIN is as published, with a threshold of 0.1, but for one thing: where no trough is below the
    threshold, the deepest point counts only if it is below 0.2. A pitch is sought from 30 to
    4200 Hz, or to a quarter of the sample rate. Above a tenth of the sample rate the parabola is
    crude, and a pitch is off by up to 20 cents. Agrees with `librosa.yin` where that is clear,
    which compares the frame with silence beyond its end, and so takes deep notes for higher.

    Blind to everything but pitch: to timbre, level, phase, and to what the candidate does where
    the target has no pitch. One note is heard of a chord. An octave too high, the commonest slip,
    costs as much as noise. Differentiable through the interpolation alone: there is a slope where
    both have a pitch less than an octave apart, 0 elsewhere, and a step where a period is chosen.

    Source:
        A. de Cheveigné and H. Kawahara, YIN, a fundamental frequency estimator for speech and
        music, 2002; frames, voicing and the greatest cost are choices made here.
    """

    name = "f0"

    def prepare(self, target: Target) -> PreparedF0:
        """Keep the target's periods.

        Raises:
            ObjectiveError: The target is shorter than a frame, has no frame with a pitch, or its
                sample rate is below 1 kHz.
        """
        if target.sr < LEAST_SR:
            raise ObjectiveError(
                f"f0 needs a sample rate of at least {LEAST_SR} Hz, not {target.sr}: "
                "resample the target or leave f0 out."
            )
        target.require_samples(2 * _window(target.sr), name=self.name)
        octaves, voiced = pitch(target_spectra(target))
        if not bool(voiced.any()):
            raise ObjectiveError(
                f"f0 finds no pitch between {LOWEST:.0f} and {_highest(target.sr):.0f} Hz in the "
                "target: give a recording of a note or leave f0 out."
            )
        return PreparedF0(octaves[0], voiced[0])


@dataclass(frozen=True, eq=False)
class PreparedF0:
    """A target's pitches in octaves above 1 Hz `[frames]`, and which frames have one `[frames]`."""

    octaves: Tensor
    voiced: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in cents, of candidates `[n, c, t]`."""
        octaves, voiced = pitch(candidates)
        cents = CENTS_PER_OCTAVE * (octaves - self.octaves).abs()
        costs = torch.where(voiced, cents.clamp(max=CENTS_PER_OCTAVE), CENTS_PER_OCTAVE)
        return costs[:, self.voiced].mean(1).to(candidates.audio.dtype)


def pitch(sounds: Spectra) -> tuple[Tensor, Tensor]:
    """Pitch by YIN.

    Args:
        sounds: Sounds `[n, c, t]` of at least one frame.

    Returns:
        The pitch of each frame in octaves above 1 Hz, float64 `[n, frames]`, of no meaning where
        there is none; and whether there is one, `[n, frames]`.
    """
    sr, window = sounds.sr, _window(sounds.sr)
    shortest, longest = math.floor(sr / _highest(sr)), math.ceil(sr / LOWEST)
    # In double precision: at a deep note's period the difference of energies is nearly 0.
    frames = sounds.audio.double().mean(1).unfold(-1, 2 * window, window // 2)
    difference, energy = _difference(frames, window, longest + 1)

    # Equation 8. Where nothing sounds, 0 / 0 is taken as 1.
    lags = torch.arange(1, longest + 2, dtype=torch.float64, device=frames.device)
    sums = difference.cumsum(-1)
    least = LEAST_RMS**2 * window
    normalised = torch.where(sums > 0.0, difference * lags / sums.clamp(min=1e-30), 1.0)

    # Index 0 is a lag of 1; the first and last lag are there for their neighbours' sake.
    normalised = normalised.detach()
    before, here, after = (normalised[..., shortest - 1 + k : longest + k] for k in (-1, 0, 1))
    is_trough = (here < before) & (here <= after)
    rise, bend = 0.5 * (after - before), before + after - 2.0 * here
    # The depth at the parabola's vertex: between two samples a short period's trough is deeper.
    depths = torch.where(is_trough, here - 0.5 * rise.square() / bend, here)
    deep = is_trough & (depths < THRESHOLD)
    chosen = torch.where(deep.any(-1), deep.int().argmax(-1), depths.argmin(-1))[..., None]
    voiced = (depths.gather(-1, chosen)[..., 0] < VOICED) & (energy > least)

    chosen = chosen + shortest - 1
    left, middle, right = (difference.gather(-1, chosen + k)[..., 0] for k in (-1, 0, 1))
    period = lags[chosen[..., 0]] + _parabola(left, middle, right)
    return torch.log2(sr / period), voiced


def _difference(frames: Tensor, window: int, longest: int) -> tuple[Tensor, Tensor]:
    """How far each frame's first window is from what follows at each lag (equation 6).

    Args:
        frames: Frames `[n, frames, 2 * window]`.
        window: Samples that are compared.
        longest: The longest lag, at most `window`.

    Returns:
        Sums of squared differences at lags from 1 `[n, frames, longest]`, and the energies of the
        first windows `[n, frames]`.
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
    """Where the parabola through three neighbours has its vertex, from -1 to 1; 0 beyond."""
    bend, rise = left + right - 2.0 * middle, 0.5 * (right - left)
    within = rise.abs() < bend
    return torch.where(within, -rise / torch.where(within, bend, 1.0), 0.0)


def _window(sr: int) -> int:
    return round(WINDOW * sr)


def _highest(sr: int) -> float:
    return min(HIGHEST, sr / 4.0)
