"""Distances between measures of a spectrum's shape: centroid and flatness, frame by frame."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.signal.decibels import DB_PER_NEPER, MIN_POWER
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target

NEUTRAL_CENTROID = 1000.0
"""Centroid of a silent frame in Hz."""

MIN_MAGNITUDE = 1e-4
"""Sum of a frame's magnitudes at which it counts as silent, 140 dB below a full-scale sine."""


class Centroid:
    """Mean absolute difference of spectral centroids, in octaves.

        D = mean |log2 f(X) - log2 f(Y)|,   f = Σ_k f_k |X_k| / Σ_k |X_k|

    f is the centroid of a frame (window 2048, hop 512); frames and channels weigh alike. Equals
    the difference of `librosa.feature.spectral_centroid`, except for silence, which has no
    centroid: that of a fading frame moves to 1 kHz, half way at 140 dB below a full-scale sine.
    Frames that are almost silent count as much as loud ones, so the colour of a noise floor
    counts.

    Blind to: level; phase; pitch; the number of spectral peaks; silence in place of a sound
    around 1 kHz. Only the balance of treble and bass counts.

    Source:
        J. Grey and J. Gordon, 1978, for the centroid as a measure of brightness; octaves, equal
        weights and the value for silence are choices made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> time = np.arange(44_100, dtype=np.float32)[None] / 44_100
        >>> low, high = (0.5 * np.sin(2 * np.pi * hz * time) for hz in (1_000, 2_000))
        >>> ObjectiveSet([Centroid()], Target(low, 44_100)).score(high[None]).round(1)
        array([[1.]])
    """

    name = "centroid"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's centroids; targets may have any length."""
        return FeatureDistance.to(target, _centroid_octaves)


class Flatness:
    """Mean absolute difference of spectral flatness, in dB.

        D = mean |W(X) - W(Y)|,   W = 10 log10(exp(mean_k ln P_k) / mean_k P_k)

    P is the power spectrum of a frame (window 2048, hop 512), at least 1e-10. W is 0 for a click
    or silence, about -2.5 for white noise and far below for a tone. The mean is over frames and
    channels. Equals the difference of `librosa.feature.spectral_flatness` in dB.

    Blind to: level, except that the minimum power fills the gaps of quiet sounds; phase; pitch;
    brightness; silence in place of a click. Only the concentration of power in few bins counts.

    Source:
        A. Gray and J. Markel, 1974, for the measure; the distance is a choice made here.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> noise = np.random.default_rng(0).standard_normal((1, 44_100)).astype(np.float32)
        >>> click = np.eye(1, 44_100, 22_050, dtype=np.float32)
        >>> ObjectiveSet([Flatness()], Target(noise, 44_100)).score(click[None]).round(1)
        array([[2.5]])
    """

    name = "flatness"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's flatness; targets may have any length."""
        return FeatureDistance.to(target, flatness)


def centroid(sounds: Spectra) -> Tensor:
    """Compute spectral centroids.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Centroids in Hz, `[n, c, frames]`; 1 kHz for silence.
    """
    magnitude = sounds.magnitude(LIBROSA_STFT)
    bins = _bins(sounds.sr, magnitude.dtype, magnitude.device)
    weighted = magnitude @ bins + MIN_MAGNITUDE * NEUTRAL_CENTROID
    return weighted / (magnitude.sum(-1) + MIN_MAGNITUDE)


def flatness(sounds: Spectra) -> Tensor:
    """Compute spectral flatness.

    Args:
        sounds: Sounds `[n, c, t]`.

    Returns:
        Flatness in dB, `[n, c, frames]`; 0 for silence.
    """
    power = sounds.power(LIBROSA_STFT)
    out = sounds.out("flatness", tuple(power.shape))
    power = torch.clamp(power, min=MIN_POWER, out=out)
    arithmetic = torch.log(power.mean(-1))
    return (logarithm(power, out=out).mean(-1) - arithmetic) * DB_PER_NEPER


def _centroid_octaves(sounds: Spectra) -> Tensor:
    """Return the base-2 logarithms of the centroids in Hz, `[n, c, frames]`."""
    return torch.log2(centroid(sounds))


@lru_cache(maxsize=32)
def _bins(sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the frequencies of the transform's bins in Hz, `[bins]`; cached."""
    bins = torch.arange(LIBROSA_STFT.n_bins, dtype=torch.float64) * (sr / LIBROSA_STFT.n_fft)
    return bins.to(dtype=dtype, device=device)
