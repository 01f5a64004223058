"""Rooms and stereo: reflections, echoes, reverberation, panning, width."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from patchwright.experiments.trust.hearing.notes import (
    Notes,
    amplitude,
    bins_of,
    filtered,
    rms,
    same_level,
)
from patchwright.synths.parameters import Array

_PREDELAY = 0.01  # s


def echo(notes: Notes, rng: np.random.Generator, *, milliseconds: float, decibels: float) -> Array:
    """Add one reflection."""
    samples = round(milliseconds * notes.sr / 1e3)
    later = np.pad(notes.audio, ((0, 0), (samples, 0)))[:, : notes.audio.shape[1]]
    return notes.audio + amplitude(decibels) * later


def reverb(notes: Notes, rng: np.random.Generator, *, seconds: float, decibels: float) -> Array:
    """Add the tail of a room, at a level relative to the sound's; the level is restored.

    Args:
        notes: Notes to change.
        rng: Source of the room's noise.
        seconds: Time in which the tail falls by 60 dB.
        decibels: Level of the tail.
    """
    times = np.arange(round((seconds + _PREDELAY) * notes.sr)) / notes.sr
    response = rng.standard_normal(len(times)) * 10.0 ** (-3.0 * times / seconds)
    response[: round(_PREDELAY * notes.sr)] = 0.0
    tail = fftconvolve(notes.audio, response[np.newaxis], axes=1)[:, : notes.audio.shape[1]]
    tail *= notes.level / rms(tail) * amplitude(decibels)
    return same_level(notes.audio + tail, notes)


def pan(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Make the left channel louder than the right: stereo, `[n, 2, t]`, of the same power."""
    ratio = amplitude(decibels)
    gains = np.array([ratio, 1.0]) * np.sqrt(2.0 / (1.0 + ratio**2))
    return np.asarray(notes.audio[:, np.newaxis] * gains[:, np.newaxis])


def late_channel(notes: Notes, rng: np.random.Generator, *, milliseconds: float) -> Array:
    """Delay the right channel: stereo, `[n, 2, t]`."""
    delay = np.exp(-2j * np.pi * bins_of(notes) * milliseconds / 1e3)
    return np.stack([notes.audio, filtered(notes.audio, delay)], axis=1)


def auto_pan(notes: Notes, rng: np.random.Generator, *, rate: float) -> Array:
    """Move from side to side: stereo, `[n, 2, t]`, of the same power at every moment."""
    angle = np.pi / 4.0 * (1.0 + np.sin(2.0 * np.pi * rate * notes.times))
    gains = np.sqrt(2.0) * np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(notes.audio[:, np.newaxis] * gains)


def split(notes: Notes, rng: np.random.Generator, *, hz: float) -> Array:
    """Send what lies below a frequency to the left and the rest to the right: stereo `[n, 2, t]`.

    Both channels together have the same power.
    """
    low = (bins_of(notes) < hz).astype(float)
    sides = np.stack([filtered(notes.audio, low), filtered(notes.audio, 1.0 - low)], axis=1)
    return np.asarray(np.sqrt(2.0) * sides)
