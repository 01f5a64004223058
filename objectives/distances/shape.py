"""Distances between tracks of one number that tells the shape of a spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.decibels import DB_PER_NEPER, LEAST_POWER
from patchwright.objectives.signal.elementwise import logarithm
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra
from patchwright.objectives.target import Target

NEUTRAL_CENTROID = 1000.0
"""Hz: the centroid of a silent frame."""

LEAST_MAGNITUDE = 1e-4
"""Sum of a frame's magnitudes, 140 dB below that of a full-scale sine, where silence begins."""


class Centroid:
    """Mean absolute difference of spectral centroids in octaves.

    The mean frequency of each frame, weighted by magnitude (window 2048, hop 512), as a logarithm
    to the base 2; then the mean over frames and channels, each alike. In octaves. Equals the same
    with `librosa.feature.spectral_centroid`, but for silence, which has no centroid: as a frame
    fades, its own moves to 1 kHz, half way at 140 dB below a full-scale sine.

    Blind to all but the balance of treble and bass: to pitch, level, phase, and whether a
    spectrum has one peak or many. Blind to silence in place of a sound around 1 kHz. Frames that
    are almost silent count as much as loud ones, so the colour of a noise floor is heard.

    Source:
        J. Grey and J. Gordon, 1978, for the centroid as a measure of brightness; octaves, equal
        weight and the value of silence are choices made here.
    """

    name = "centroid"

    def prepare(self, target: Target) -> PreparedCentroid:
        """Keep the target's centroids; any length of target will do."""
        return PreparedCentroid(_octaves(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedCentroid:
    """The logarithms to the base 2 of a target's centroids in Hz, `[c, frames]`."""

    octaves: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in octaves, of candidates `[n, c, t]`."""
        return (_octaves(candidates) - self.octaves).abs().flatten(1).mean(1)


class Flatness:
    """Mean absolute difference of spectral flatness in dB.

    The geometric mean of each frame's power spectrum over its arithmetic mean (window 2048, hop
    512, least power 1e-10), in dB: 0 for a single click or silence, some -2.5 for white noise,
    far below for a tone. Then the mean over frames and channels. Equals the same with
    `librosa.feature.spectral_flatness`.

    Blind to all but how far the power is gathered in few bins: to where those lie, so to pitch
    and brightness, to phase, and to level, except that the least power fills the gaps of quiet
    sounds. Blind to silence in place of a click.

    Source:
        A. Gray and J. Markel, 1974, for the measure; the distance is a choice made here.
    """

    name = "flatness"

    def prepare(self, target: Target) -> PreparedFlatness:
        """Keep the target's flatness; any length of target will do."""
        return PreparedFlatness(flatness(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedFlatness:
    """A target's flatness in dB, `[c, frames]`."""

    decibels: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]`, in dB, of candidates `[n, c, t]`."""
        return (flatness(candidates) - self.decibels).abs().flatten(1).mean(1)


def centroid(sounds: Spectra) -> Tensor:
    """Spectral centroids of sounds `[n, c, t]`, in Hz, `[n, c, frames]`; 1 kHz for silence."""
    magnitude = sounds.magnitude(LIBROSA_STFT)
    bins = _bins(sounds.sr, magnitude.dtype, magnitude.device)
    weighted = magnitude @ bins + LEAST_MAGNITUDE * NEUTRAL_CENTROID
    return weighted / (magnitude.sum(-1) + LEAST_MAGNITUDE)


def flatness(sounds: Spectra) -> Tensor:
    """Spectral flatness of sounds `[n, c, t]`, in dB, `[n, c, frames]`; 0 dB for silence."""
    power = sounds.power(LIBROSA_STFT)
    out = sounds.out("flatness", tuple(power.shape))
    power = torch.clamp(power, min=LEAST_POWER, out=out)
    arithmetic = torch.log(power.mean(-1))
    return (logarithm(power, out=out).mean(-1) - arithmetic) * DB_PER_NEPER


def _octaves(sounds: Spectra) -> Tensor:
    """Logarithms to the base 2 of the centroids in Hz, `[n, c, frames]`."""
    return torch.log2(centroid(sounds))


@lru_cache(maxsize=32)
def _bins(sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The frequencies of the transform's bins in Hz, `[bins]`, cached."""
    bins = torch.arange(LIBROSA_STFT.n_bins, dtype=torch.float64) * (sr / LIBROSA_STFT.n_fft)
    return bins.to(dtype=dtype, device=device)
