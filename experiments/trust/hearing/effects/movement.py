"""Movement: tremolo, roughness, vibrato, glides and moving filters."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.signal import istft, resample, stft

from patchwright.experiments.trust.hearing.notes import Notes, butterworth, same_level
from patchwright.synths.parameters import Array

_OVERSAMPLING = 4  # before cubic interpolation, whose error grows with frequency
_WINDOW, _HOP = 1024, 256
_SLOPE = 12.0  # dB per octave


def tremolo(notes: Notes, rng: np.random.Generator, *, rate: float, depth: float) -> Array:
    """Modulate the amplitude by a sine: a depth of 1 reaches silence. The level is restored."""
    phase = rng.uniform(0.0, 2.0 * np.pi)
    modulation = 1.0 + depth * np.sin(2.0 * np.pi * rate * notes.times + phase)
    return same_level(notes.audio * modulation, notes)


def vibrato(notes: Notes, rng: np.random.Generator, *, rate: float, cents: float) -> Array:
    """Modulate the pitch by a sine of that many cents to either side."""
    phase = 2.0 * np.pi * rate * notes.times
    return _warped(notes, _ratio(cents) / (2.0 * np.pi * rate) * (1.0 - np.cos(phase)))


def scoop(notes: Notes, rng: np.random.Generator, *, cents: float, seconds: float) -> Array:
    """Start off the pitch, and reach it exponentially with a time constant."""
    return _warped(notes, _ratio(cents) * seconds * (1.0 - np.exp(-notes.times / seconds)))


def drift(notes: Notes, rng: np.random.Generator, *, cents: float) -> Array:
    """Leave the pitch steadily, by an interval at the end."""
    length = notes.times[-1]
    return _warped(notes, _ratio(cents) * notes.times**2 / (2.0 * length))


def wah(notes: Notes, rng: np.random.Generator, *, rate: float, octaves: float) -> Array:
    """Move the cutoff of a low-pass around the centre of the spectrum; the level is restored."""
    return _swept(notes, octaves * np.sin(2.0 * np.pi * rate * _frame_times(notes))[np.newaxis])


def sweep(notes: Notes, rng: np.random.Generator, *, first: float, last: float) -> Array:
    """Move the cutoff of a low-pass while the sound lasts; the level is restored.

    Args:
        notes: Notes to change.
        rng: Unused.
        first: Cutoff at the start, in octaves from the centre of the spectrum.
        last: Cutoff when the sound has fallen by 30 dB.
    """
    passed = np.clip(_frame_times(notes) / notes.lasts(), 0.0, 1.0)
    return _swept(notes, first + (last - first) * passed)


def _ratio(cents: float) -> float:
    return float(2.0 ** (cents / 1200.0) - 1.0)


def _warped(notes: Notes, ahead: Array) -> Array:
    """Play each moment of sounds `ahead` seconds `[t]` early."""
    finer = resample(notes.audio, _OVERSAMPLING * notes.audio.shape[1], axis=1)
    places = _OVERSAMPLING * (np.arange(notes.audio.shape[1]) + ahead * notes.sr)
    return np.stack([map_coordinates(row, [places], order=3, mode="constant") for row in finer])


def _frame_times(notes: Notes) -> Array:
    """Return the times of the frames of `_swept`, in seconds."""
    return np.arange(-(-notes.audio.shape[1] // _HOP) + 1) * (_HOP / notes.sr)


def _swept(notes: Notes, octaves: Array) -> Array:
    """Apply a low-pass whose cutoff is `octaves` `[n or 1, frames]` from the spectrum's centre."""
    bins, _, spectra = stft(
        notes.audio, notes.sr, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, boundary="zeros"
    )
    cutoff = (notes.centroid() * 2.0**octaves)[:, np.newaxis]
    gains = np.sqrt(butterworth(bins[:, np.newaxis] / cutoff, _SLOPE))
    frames = spectra.shape[-1]
    _, audio = istft(
        spectra * gains[..., :frames], notes.sr, nperseg=_WINDOW, noverlap=_WINDOW - _HOP
    )
    return same_level(audio[:, : notes.audio.shape[1]], notes)
