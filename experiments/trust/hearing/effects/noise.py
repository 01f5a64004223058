"""Noise that is added, and distortion."""

from __future__ import annotations

import numpy as np
from scipy.signal import istft, stft

from patchwright.experiments.trust.hearing.notes import (
    Notes,
    amplitude,
    bins_of,
    filtered,
    peaks,
    rms,
    same_level,
)
from patchwright.synths.parameters import Array

_WINDOW, _HOP = 1024, 256
_CLICK = 0.0005  # s


def noise(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Add steady white noise, at a level relative to the sound's."""
    return _added(notes, rng.standard_normal(notes.audio.shape), decibels)


def breath(
    notes: Notes, rng: np.random.Generator, *, decibels: float, low: float, high: float
) -> Array:
    """Add noise between two frequencies that is as loud over time as the sound."""
    bins = bins_of(notes)
    band = ((bins > low) & (bins < high)).astype(float)
    hiss = filtered(rng.standard_normal(notes.audio.shape), band)
    return _added(notes, hiss * notes.envelope(), decibels)


def masked_noise(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Add noise with the sound's own spectrum at every moment, so far below it."""
    _, _, spectra = stft(notes.audio, notes.sr, nperseg=_WINDOW, noverlap=_WINDOW - _HOP)
    random = rng.standard_normal((*spectra.shape, 2)) @ np.array([1.0, 1.0j])
    _, audio = istft(np.abs(spectra) * random, notes.sr, nperseg=_WINDOW, noverlap=_WINDOW - _HOP)
    return _added(notes, audio[:, : notes.audio.shape[1]], decibels)


def clicks(notes: Notes, rng: np.random.Generator, *, rate: float, decibels: float) -> Array:
    """Add clicks at random times, so many a second, with a peak relative to the sound's."""
    n_samples = notes.audio.shape[1]
    train = np.zeros(n_samples)
    times = rng.integers(0, n_samples, max(1, round(rate * n_samples / notes.sr)))
    train[times] = rng.choice((-1.0, 1.0), len(times))
    shape = np.hanning(max(3, round(_CLICK * notes.sr)))
    wave = np.convolve(train, shape, mode="same")
    highest = peaks(notes.audio)
    return notes.audio + wave * highest * amplitude(decibels)


def overdrive(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Saturate by a hyperbolic tangent, driven so far above its knee; the level is restored."""
    driven = np.tanh(notes.audio * amplitude(decibels) / notes.level)
    return same_level(driven, notes)


def crush(notes: Notes, rng: np.random.Generator, *, bits: int) -> Array:
    """Round samples to a few bits of the sound's own range."""
    step = peaks(notes.audio) * 2.0 ** (1 - bits)
    return np.round(notes.audio / step) * step


def rectified(notes: Notes, rng: np.random.Generator, *, share: float) -> Array:
    """Fold the negative half of the wave up by a share; direct current is removed."""
    folded = notes.audio + share * (np.abs(notes.audio) - notes.audio)
    return same_level(folded - folded.mean(axis=1, keepdims=True), notes)


def _added(notes: Notes, other: Array, decibels: float) -> Array:
    return notes.audio + other * (notes.level / rms(other)) * amplitude(decibels)
