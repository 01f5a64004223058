"""Changes of partials: moved, removed, added, doubled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.fft import next_fast_len

from patchwright.experiments.trust.hearing.notes import Notes, amplitude, rms, same_level
from patchwright.synths.parameters import Array

_RESOLUTION = 0.2  # Hz by which a partial may miss its new place
_AUDIBLE = 20.0  # Hz


def pitch(notes: Notes, rng: np.random.Generator, *, cents: float) -> Array:
    """Move all partials by an interval, each with its own loudness over time."""
    ratio = 2.0 ** (cents / 1200.0)
    return _moved(notes, lambda order, f0: (ratio - 1.0) * order * f0)


def stretched(notes: Notes, rng: np.random.Generator, *, inharmonicity: float) -> Array:
    """Move partial k from k f0 to k f0 √(1 + B k²), as those of a stiff string."""
    return _moved(
        notes, lambda order, f0: order * f0 * (np.sqrt(1.0 + inharmonicity * order**2) - 1.0)
    )


def shifted(notes: Notes, rng: np.random.Generator, *, share: float) -> Array:
    """Move all partials by the same number of Hz, a share of the fundamental."""
    return _moved(notes, lambda order, f0: np.full_like(order, share * f0))


def mistuned(notes: Notes, rng: np.random.Generator, *, partial: int, cents: float) -> Array:
    """Move one partial, by an interval."""
    ratio = 2.0 ** (cents / 1200.0)
    return _moved(
        notes, lambda order, f0: np.where(order == partial, (ratio - 1.0) * order * f0, 0.0)
    )


def without(notes: Notes, rng: np.random.Generator, *, strongest: int) -> Array:
    """Remove the strongest partials, so many of them; the level is restored."""
    removed = np.argsort(-_powers(notes)[0], axis=1)[:, np.newaxis, :strongest]
    orders = _orders(_bins(notes), notes.f0[:, np.newaxis])
    kept = (orders[..., np.newaxis] != removed).all(axis=-1)
    n_fft = _n_fft(notes)
    audio = np.fft.irfft(np.fft.rfft(notes.audio, n_fft) * kept, n_fft)
    unknown = np.where(np.isfinite(notes.f0), 0.0, np.nan)[:, np.newaxis]
    return same_level(audio[:, : notes.audio.shape[1]] + unknown, notes)


def foreign(
    notes: Notes,
    rng: np.random.Generator,
    *,
    ratio: float,
    decibels: float,
    beside: str = "fundamental",
) -> Array:
    """Add a partial that is as loud over time as the sound.

    Args:
        notes: Notes to change.
        rng: Source of its phase.
        ratio: Frequency, as a multiple of that of the fundamental or the strongest partial.
        decibels: Level relative to the strongest partial.
        beside: ``fundamental`` or ``strongest``.
    """
    powers, centres = _powers(notes)
    strongest = np.argmax(powers, axis=1)[:, np.newaxis]
    base = notes.f0[:, np.newaxis]
    if beside == "strongest":
        base = np.where(np.isfinite(base), np.take_along_axis(centres, strongest, axis=1), np.nan)
    hz = np.where(ratio * base < 0.45 * notes.sr, ratio * base, np.nan)
    wave = np.sin(2.0 * np.pi * hz * notes.times + rng.uniform(0.0, 2.0 * np.pi))
    wave = wave * notes.envelope()
    level = np.sqrt(np.take_along_axis(powers, strongest, axis=1))
    return notes.audio + wave * (level / rms(wave)) * amplitude(decibels)


def doubled(notes: Notes, rng: np.random.Generator, *, cents: float, decibels: float) -> Array:
    """Add the sound at another pitch: slow beats, or a second note. The level is restored."""
    other = pitch(notes, rng, cents=cents)
    return same_level(notes.audio + amplitude(decibels) * other, notes)


def _bins(notes: Notes) -> Array:
    """Return the frequencies of the fine spectrum, in Hz."""
    return np.asarray(np.fft.rfftfreq(_n_fft(notes), 1.0 / notes.sr), np.float64)


def _n_fft(notes: Notes) -> int:
    needed = max(2 * notes.audio.shape[1], notes.sr / _RESOLUTION)
    return int(next_fast_len(int(needed), real=True))


def _orders(bins: Array, f0: Array) -> Array:
    """Return the number of the partial nearest to each frequency, at least 1."""
    return np.maximum(1.0, np.round(bins / f0))


def _powers(notes: Notes) -> tuple[Array, Array]:
    """Return power and mean frequency of each partial, `[n, orders]`; that of 0 is 0."""
    bins = _bins(notes)
    power = np.square(np.abs(np.fft.rfft(notes.audio, _n_fft(notes))))
    power[:, bins < _AUDIBLE] = 0.0
    power *= 2.0 / (_n_fft(notes) * notes.audio.shape[1])
    lowest = np.nanmin(notes.f0) if np.isfinite(notes.f0).any() else notes.sr / 2.0
    found = np.zeros((2, len(notes), int(notes.sr / 2.0 / lowest) + 2))
    for row, f0 in enumerate(notes.f0):
        if np.isfinite(f0):
            order = _orders(bins, f0).astype(np.int64)
            for each, weights in zip(found, (power[row], power[row] * bins), strict=True):
                sums = np.bincount(order, weights)
                each[row, : len(sums)] = sums
    powers, moments = found
    return powers, moments / np.where(powers > 0.0, powers, 1.0)


def _moved(notes: Notes, shift: Callable[[Array, Array], Array]) -> Array:
    """Move the band of frequencies around each partial as a whole.

    Shifting a band of a spectrum leaves its envelope over time as it is.

    Args:
        notes: Notes to change.
        shift: Function from numbers of partials and f0 to the distance in Hz.
    """
    n_fft, bins = _n_fft(notes), _bins(notes)
    spectra = np.fft.rfft(notes.audio, n_fft)
    moved = np.full_like(notes.audio, np.nan)
    for row, f0 in enumerate(notes.f0):
        if not np.isfinite(f0):
            continue
        order = _orders(bins, f0)
        place = np.arange(len(bins)) + np.rint(shift(order, f0) * n_fft / notes.sr).astype(np.int64)
        inside = (place >= 0) & (place < len(bins))
        parts = [
            np.bincount(place[inside], part[inside], minlength=len(bins))
            for part in (spectra[row].real, spectra[row].imag)
        ]
        moved[row] = np.fft.irfft(parts[0] + 1j * parts[1], n_fft)[: moved.shape[1]]
    return moved
