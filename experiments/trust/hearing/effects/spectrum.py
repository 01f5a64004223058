"""Changes of the spectrum that stay: tilt, peaks, formants, filters, phase."""

from __future__ import annotations

import numpy as np

from patchwright.experiments.trust.hearing.notes import (
    Notes,
    amplitude,
    bins_of,
    butterworth,
    filtered,
    peaks,
    same_level,
)
from patchwright.synths.parameters import Array

_LOW, _MIDDLE, _HIGH = 60.0, 1000.0, 12_000.0  # Hz: ends and centre of a tilt


def gain(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Change the level."""
    return notes.audio * amplitude(decibels)


def polarity(notes: Notes, rng: np.random.Generator) -> Array:
    """Turn the wave upside down."""
    return -notes.audio


def direct_current(notes: Notes, rng: np.random.Generator, *, share: float) -> Array:
    """Add direct current, as a share of the peak."""
    return notes.audio + share * peaks(notes.audio)


def tilt(notes: Notes, rng: np.random.Generator, *, decibels: float) -> Array:
    """Tilt the spectrum between 60 Hz and 12 kHz, in dB per octave; the level is restored."""
    octaves = np.log2(np.clip(bins_of(notes), _LOW, _HIGH) / _MIDDLE)
    return same_level(filtered(notes.audio, 10.0 ** (decibels * octaves / 20.0)), notes)


def peak(
    notes: Notes, rng: np.random.Generator, *, octaves: float, decibels: float, width: float
) -> Array:
    """Raise or lower a bell-shaped band.

    Args:
        notes: Notes to change.
        rng: Unused.
        octaves: Place, from the centre of the spectrum.
        decibels: Gain at the centre of the band.
        width: Width in octaves, from half the gain to half the gain.
    """
    centre = notes.centroid() * 2.0**octaves
    away = np.log2(np.maximum(bins_of(notes), 1.0) / centre) / width
    return filtered(notes.audio, 10.0 ** (decibels * 2.0 ** (-4.0 * away**2) / 20.0))


def low_pass(notes: Notes, rng: np.random.Generator, *, octaves: float, slope: float) -> Array:
    """Attenuate what lies above a cutoff, in octaves from the centre of the spectrum.

    The slope is in dB per octave. The level is not restored, so that a pure tone changes as well.
    """
    cutoff = notes.centroid() * 2.0**octaves
    return filtered(notes.audio, np.sqrt(butterworth(bins_of(notes) / cutoff, slope)))


def high_pass(notes: Notes, rng: np.random.Generator, *, octaves: float, slope: float) -> Array:
    """Attenuate what lies below a cutoff; as `low_pass`."""
    cutoff = notes.centroid() * 2.0**octaves
    return filtered(
        notes.audio, np.sqrt(butterworth(cutoff / np.maximum(bins_of(notes), 1e-3), slope))
    )


def band_limit(notes: Notes, rng: np.random.Generator, *, hz: float) -> Array:
    """Remove what lies above a frequency."""
    return filtered(notes.audio, (bins_of(notes) < hz).astype(float))


def comb(notes: Notes, rng: np.random.Generator, *, milliseconds: float, decibels: float) -> Array:
    """Add the sound again after a short delay, as a wall nearby does; the level is restored."""
    delay = np.exp(-2j * np.pi * bins_of(notes) * milliseconds / 1e3)
    return same_level(filtered(notes.audio, 1.0 + amplitude(decibels) * delay), notes)


def all_pass(notes: Notes, rng: np.random.Generator, *, hz: float) -> Array:
    """Turn phases by a first-order all-pass: the delay is 2 / (2 π hz) s below, and 0 far above."""
    turn = 1j * bins_of(notes) / hz
    return filtered(notes.audio, (1.0 - turn) / (1.0 + turn))
