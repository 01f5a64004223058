"""Changes of the envelope and of time: attack, decay, release, gaps, delays."""

from __future__ import annotations

import numpy as np

from patchwright.experiments.trust.hearing.notes import Notes, same_level
from patchwright.synths.parameters import Array

_EDGE = 0.003  # s of fades that make no click of their own


def soft_attack(notes: Notes, rng: np.random.Generator, *, seconds: float) -> Array:
    """Fade in by a raised cosine."""
    return notes.audio * _rise(notes.times, seconds)


def accent(notes: Notes, rng: np.random.Generator, *, decibels: float, seconds: float) -> Array:
    """Begin louder, and fall back exponentially with a time constant; the level is restored."""
    return same_level(
        notes.audio * 10.0 ** (decibels * np.exp(-notes.times / seconds) / 20.0), notes
    )


def decay(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Fall or, above 0, rise by a number of dB per second; the level is restored."""
    return same_level(notes.audio * 10.0 ** (decibels * notes.times / 20.0), notes)


def cut(notes: Notes, rng: np.random.Generator, *, share: float, seconds: float) -> Array:
    """End after a share of the time that the sound lasts, with a fade of some seconds."""
    end = share * notes.lasts()
    return notes.audio * _rise(end + seconds - notes.times, seconds)


def gap(notes: Notes, rng: np.random.Generator, *, share: float, seconds: float) -> Array:
    """Fall silent for a while, after a share of the time that the sound lasts."""
    away = np.abs(notes.times - share * notes.lasts()) - seconds / 2.0
    return notes.audio * _rise(away + min(_EDGE, seconds / 2.0), min(_EDGE, seconds / 2.0))


def delay(notes: Notes, rng: np.random.Generator, *, milliseconds: float) -> Array:
    """Begin later."""
    samples = round(milliseconds * notes.sr / 1e3)
    return np.pad(notes.audio, ((0, 0), (samples, 0)))[:, : notes.audio.shape[1]]


def repeated(notes: Notes, rng: np.random.Generator, *, seconds: float) -> Array:
    """Strike the note again and again, after that many seconds."""
    period = round(seconds * notes.sr)
    place = np.arange(notes.audio.shape[1]) % period
    edge = _rise((period - place) / notes.sr, _EDGE)
    return same_level(notes.audio[:, place] * edge, notes)


def _rise(seconds: Array, length: float) -> Array:
    """Rise from 0 at 0 s to 1 at `length` s."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(seconds / length, 0.0, 1.0))
