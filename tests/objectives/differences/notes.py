"""Synthetic notes whose differences are known."""

import numpy as np

SR = 44_100
SECONDS = 1.5
HELD = 1.1
TIME = np.arange(round(SECONDS * SR)) / SR


def note(
    f0=220.0,
    *,
    partials=20,
    tilt=1.0,
    attack=0.02,
    decay=0.0,
    release=0.2,
    vibrato=(0.0, 0.0),
    tremolo=(0.0, 0.0),
):
    """Return a note `[1, t]`.

    Args:
        f0: Pitch in Hz.
        partials: Number of harmonics; their phases differ, so that the note is no row of pulses.
        tilt: Harmonic k has the amplitude k ** -tilt.
        attack: Length of the linear ramp in seconds.
        decay: Fall while the key is held, in dB/s.
        release: Seconds in which it falls by 60 dB afterwards.
        vibrato: Rate in Hz, and cents to each side.
        tremolo: Rate in Hz, and depth.
    """
    cents = vibrato[1] * np.sin(2 * np.pi * vibrato[0] * TIME)
    angle = 2 * np.pi * np.cumsum(f0 * 2 ** (cents / 1200)) / SR
    orders = np.arange(1, min(partials, int(16_000 / f0)) + 1)
    phases = np.random.default_rng(5).uniform(0, 2 * np.pi, len(orders))
    wave = sum(np.sin(k * angle + p) * k**-tilt for k, p in zip(orders, phases, strict=True))
    return 0.1 * (wave * shape(attack, decay, release, tremolo))[np.newaxis]


def shape(attack=0.02, decay=0.0, release=0.2, tremolo=(0.0, 0.0)):
    """Return the envelope `[t]` of a note."""
    let_go = np.maximum(TIME - HELD, 0.0)
    level = -decay * TIME - 60 * let_go / release
    moved = 1 + tremolo[1] * np.sin(2 * np.pi * tremolo[0] * TIME)
    return np.minimum(TIME / attack, 1.0) * 10 ** (level / 20) * moved


def shelf(sound, decibels, above):
    """Change the level of `[1, t]` above a frequency."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SR)
    return np.fft.irfft(spectrum * 10 ** (np.where(hz > above, decibels, 0.0) / 20), sound.shape[1])
