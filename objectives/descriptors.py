"""Numbers that tell of one sound by itself, without a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from patchwright.objectives.distances.shape import LEAST_MAGNITUDE, centroid, flatness
from patchwright.objectives.signal.decibels import LEAST_POWER
from patchwright.objectives.signal.loudness import loudness
from patchwright.objectives.signal.scratch import Scratch
from patchwright.objectives.signal.spectra import LIBROSA_STFT, Spectra

WINDOW, HOP = 0.01, 0.001
"""Seconds that an envelope's power is averaged over, and from one value to the next."""

TONAL = -80.0
"""dB: the noisiness of silence, about that of a sine."""


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """A number that tells of a sound.

    Attributes:
        name: The key in YAML and in reports.
        unit: Of its values.
        low: Where the range begins that most sounds of synthesizers lie in; it is no limit.
        high: Where it ends.
        logarithmic: Whether equal ratios of it are equal steps to the ear.
        about: What it is, in a few words.
        measure: From sounds `[n, c, t]` to finite values `[n]`, those of silence too.
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
        descriptors: What to measure, `k` of them.

    Returns:
        Values `[n, k]`; NaN for sounds that are not finite, or too loud for the arithmetic.

    Raises:
        ObjectiveError: If one cannot be measured at this sample rate or number of channels.
    """
    values = np.full((len(audio), len(descriptors)), np.nan)
    if not descriptors:
        return values
    if not isinstance(audio, Tensor):
        audio = torch.from_numpy(np.require(audio, requirements=["C", "W"]))
    scratch = Scratch()
    with torch.no_grad():
        # a row at a time, in memory of its own: see `patchwright.objectives.signal.loudness`
        for row, sound in enumerate(audio):
            if torch.isfinite(sound.sum()):
                spectra = Spectra(sound[None].clone(), sr, scratch=scratch)
                found = [float(descriptor.measure(spectra)) for descriptor in descriptors]
                values[row] = np.where(np.isfinite(found), found, np.nan)
    return values


def brightness(sounds: Spectra) -> Tensor:
    """Spectral centroids in Hz, `[n]`, of sounds `[n, c, t]`; 1 kHz for silence.

    The mean of `librosa.feature.spectral_centroid` over frames and channels, weighted by the sum
    of each frame's magnitudes: what fades away counts less and less.
    """
    return _mean_over_frames(sounds, centroid(sounds), 1000.0)


def noisiness(sounds: Spectra) -> Tensor:
    """Spectral flatness in dB, `[n]`, of sounds `[n, c, t]`; -80 dB for silence.

    Some -2.5 for white noise, below -60 for a tone with few partials. The mean of
    `librosa.feature.spectral_flatness` in dB, weighted as in `brightness`.
    """
    return _mean_over_frames(sounds, flatness(sounds), TONAL)


def attack(sounds: Spectra) -> Tensor:
    """Seconds `[n]` in which sounds `[n, c, t]` rise from 10 % to 90 % of their greatest amplitude.

    The amplitude is the root mean square over 10 ms, so that a click takes 8 ms; at least 1 ms,
    which is what silence has.

    Source:
        G. Peeters et al., The Timbre Toolbox, JASA 130(5), 2011, with fixed thresholds.
    """
    power, hop = _envelope(sounds)
    peak = power.amax(1, keepdim=True)
    begun, risen = (_first(power >= share**2 * peak) for share in (0.1, 0.9))
    return torch.where(peak[:, 0] > LEAST_POWER, (risen - begun).clamp(min=1) * hop, HOP)


def length(sounds: Spectra) -> Tensor:
    """Seconds `[n]` after which sounds `[n, c, t]` stay 40 dB below their greatest amplitude.

    From the beginning of the recording, the amplitude being that of `attack`; 1 ms for silence.
    """
    power, hop = _envelope(sounds)
    peak = power.amax(1, keepdim=True)
    last = power.shape[1] - 1 - _first((power >= 1e-4 * peak).flip(1))
    return torch.where(peak[:, 0] > LEAST_POWER, last * hop, HOP)


def _integrated(sounds: Spectra) -> Tensor:
    return loudness(sounds.audio, sounds.sr)


def _mean_over_frames(sounds: Spectra, track: Tensor, silent: float) -> Tensor:
    """Means `[n]` of a track `[n, c, frames]`, weighted by magnitude; as it fades, `silent`."""
    weight = sounds.magnitude(LIBROSA_STFT).sum(-1)
    total = (weight * track).sum((1, 2)) + LEAST_MAGNITUDE * silent
    return total / (weight.sum((1, 2)) + LEAST_MAGNITUDE)


def _envelope(sounds: Spectra) -> tuple[Tensor, float]:
    """Power `[n, frames]` in float64, averaged over channels and the 10 ms before; seconds between.

    Before the sound there is silence, so that one that begins at once still rises.
    """
    window, hop = (max(1, round(seconds * sounds.sr)) for seconds in (WINDOW, HOP))
    power = functional.pad(sounds.audio.double().square().mean(1), (window + 1, 0))
    sums = power.cumsum(1)
    ends, starts = sums[:, window::hop], sums[:, :-window:hop]
    return (ends - starts).clamp(min=0.0) / window, hop / sounds.sr


def _first(true: Tensor) -> Tensor:
    """Place `[n]` of the first true one of each row `[n, k]`."""
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
        about="rise of the amplitude from 10 % to 90 % of its maximum",
        measure=attack,
    ),
    Descriptor(
        name="length",
        unit="s",
        low=0.05,
        high=10.0,
        logarithmic=True,
        about="until the amplitude stays 40 dB below its maximum",
        measure=length,
    ),
)

DESCRIPTORS: dict[str, Descriptor] = {descriptor.name: descriptor for descriptor in _ALL}
"""By name."""
