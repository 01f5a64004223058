"""Notes that the tests change."""

import numpy as np
import pytest

from patchwright.experiments.trust.hearing.notes import Notes

SR = 16_000
F0 = (200.0, 330.0)


def make_notes(f0=F0, seconds=0.5, sr=SR):
    """Return notes of six partials each 4 dB weaker than the last, which decay."""
    time = np.arange(round(seconds * sr)) / sr
    rows = [
        sum(10 ** (-k / 5) * np.sin(2 * np.pi * k * hz * time + k) for k in range(1, 7))
        for hz in np.nan_to_num(f0, nan=100.0)
    ]
    audio = np.stack(rows) * 0.3 * np.exp(-2 * time)
    return Notes(tuple(f"note {k}" for k in range(len(f0))), audio, np.array(f0), sr)


@pytest.fixture
def notes():
    return make_notes()
