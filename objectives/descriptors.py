"""Descriptors: measures of a single sound, without a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.objectives.distances.shape import MIN_MAGNITUDE, centroid, flatness
from patchwright.objectives.signal.decibels import MIN_POWER
from patchwright.objectives.signal.envelope import power_envelope
from patchwright.objectives.signal.loudness import loudness
from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra

WINDOW, HOP = 0.01, 0.001
"""Window and hop of the power envelope in seconds."""

TONAL = -80.0
"""Noisiness of silence in dB, about that of a sine."""


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """A measure of a sound.

    Attributes:
        name: Key in YAML and in reports.
        unit: Unit of the values.
        low: Lower end of the range of most synthesizer sounds; not a limit.
        high: Upper end of that range.
        logarithmic: Whether equal ratios are perceived as equal steps.
        about: Definition in a few words.
        measure: Function from sounds `[n, c, t]` to values `[n]`, finite even for silence.
    """

    name: str
    unit: str
    low: float
    high: float
    logarithmic: bool
    about: str
    measure: Callable[[Spectra], Tensor]


def describe(
    audio: Tensor | NDArray[np.floating[Any]], sr: int, descriptors: Sequence[Descriptor]
) -> NDArray[np.float64]:
    """Measure descriptors of sounds.

    A sound's values have the same bits in any batch.

    Args:
        audio: Sounds `[n, c, t]`, float32 or float64, on the CPU.
        sr: Sample rate in Hz.
        descriptors: Descriptors to measure, `k` of them.

    Returns:
        Values `[n, k]`; NaN for sounds that are not finite or that overflow.

    Raises:
        ObjectiveError: A descriptor cannot be measured at this sample rate or number of channels.

    Examples:
        >>> time = np.arange(44_100) / 44_100
        >>> sine = 0.5 * np.sin(2 * np.pi * 440 * time)
        >>> chosen = [DESCRIPTORS[name] for name in ("brightness", "length")]
        >>> describe(sine[None, None], 44_100, chosen).round(1)
        array([[453.,   1.]])
    """
    values = np.full((len(audio), len(descriptors)), np.nan)
    if not descriptors:
        return values
    if not isinstance(audio, Tensor):
        audio = torch.from_numpy(np.require(audio, requirements=["C", "W"]))
    scratch = Scratch()
    with torch.no_grad():
        # row by row, each in its own memory, for equal bits: see `ObjectiveSet`
        for row, sound in enumerate(audio):
            if torch.isfinite(sound.sum()):
                spectra = Spectra(sound[None].clone(), sr, scratch=scratch)
                found = [float(descriptor.measure(spectra)) for descriptor in descriptors]
                values[row] = np.where(np.isfinite(found), found, np.nan)
    return values


def brightness(sounds: Spectra) -> Tensor:
    """Measure spectral centroids in Hz, `[n]`, of sounds `[n, c, t]`; 1 kHz for silence.

    Mean of `librosa.feature.spectral_centroid` over frames and channels, weighted by the sum of
    each frame's magnitudes, so that quiet frames count less.
    """
    return _mean_over_frames(sounds, centroid(sounds), 1000.0)


def noisiness(sounds: Spectra) -> Tensor:
    """Measure spectral flatness in dB, `[n]`, of sounds `[n, c, t]`; -80 for silence.

    About -2.5 for white noise, below -60 for a tone with few partials. Mean of
    `librosa.feature.spectral_flatness` in dB, weighted as in `brightness`.
    """
    return _mean_over_frames(sounds, flatness(sounds), TONAL)


def attack(sounds: Spectra) -> Tensor:
    """Measure attack times in seconds, `[n]`, of sounds `[n, c, t]`: from 10 % to 90 % of the peak.

    The amplitude is the root mean square over 10 ms, so a click takes 8 ms. At least 1 ms, the
    value for silence.

    Source:
        G. Peeters et al., The Timbre Toolbox, JASA 130(5), 2011, with fixed thresholds.
    """
    power, hop = power_envelope(sounds, WINDOW, HOP)
    peak = power.amax(1, keepdim=True)
    begun, risen = (_first(power >= share**2 * peak) for share in (0.1, 0.9))
    return torch.where(peak[:, 0] > MIN_POWER, (risen - begun).clamp(min=1) * hop, HOP)


def length(sounds: Spectra) -> Tensor:
    """Measure lengths in seconds, `[n]`, of sounds `[n, c, t]`: the last 40 dB below the peak.

    Counted from the start of the recording, with the amplitude of `attack`; 1 ms for silence.
    """
    power, hop = power_envelope(sounds, WINDOW, HOP)
    peak = power.amax(1, keepdim=True)
    last = power.shape[1] - 1 - _first((power >= 1e-4 * peak).flip(1))
    return torch.where(peak[:, 0] > MIN_POWER, last * hop, HOP)


def _integrated(sounds: Spectra) -> Tensor:
    return loudness(sounds.audio, sounds.sr)


def _mean_over_frames(sounds: Spectra, track: Tensor, silent: float) -> Tensor:
    """Average a track `[n, c, frames]`, weighted by magnitude: `[n]`; `silent` for silence."""
    weight = sounds.magnitude(LIBROSA_STFT).sum(-1)
    total = (weight * track).sum((1, 2)) + MIN_MAGNITUDE * silent
    return total / (weight.sum((1, 2)) + MIN_MAGNITUDE)


def _first(true: Tensor) -> Tensor:
    """Return the index `[n]` of the first true value in each row `[n, k]`."""
    return true.to(torch.uint8).argmax(1)


_ALL = (
    Descriptor(
        name="loudness",
        unit="LUFS",
        low=-50.0,
        high=0.0,
        logarithmic=False,
        about="integrated loudness (BS.1770); -70 for silence",
        measure=_integrated,
    ),
    Descriptor(
        name="brightness",
        unit="Hz",
        low=100.0,
        high=12_800.0,
        logarithmic=True,
        about="mean frequency of the spectrum, weighted by magnitude",
        measure=brightness,
    ),
    Descriptor(
        name="noisiness",
        unit="dB",
        low=TONAL,
        high=0.0,
        logarithmic=False,
        about="spectral flatness: a tone is low, noise is near 0",
        measure=noisiness,
    ),
    Descriptor(
        name="attack",
        unit="s",
        low=0.005,
        high=2.0,
        logarithmic=True,
        about="rise of the amplitude from 10 % to 90 % of its peak",
        measure=attack,
    ),
    Descriptor(
        name="length",
        unit="s",
        low=0.05,
        high=10.0,
        logarithmic=True,
        about="time until the amplitude stays 40 dB below its peak",
        measure=length,
    ),
)

DESCRIPTORS: dict[str, Descriptor] = {descriptor.name: descriptor for descriptor in _ALL}
"""Descriptors by name."""
