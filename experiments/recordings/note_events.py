"""From activations of pitches over time to notes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ONSET, FRAME = 0.5, 0.3
"""Activations from which a note begins, and below which it has ended."""

_PAUSE = 11  # frames below, after which it has ended
_SHORTEST = 11  # frames: 0.13 s


@dataclass(frozen=True, order=True)
class NoteEvent:
    """A note in frames.

    Attributes:
        first: Frame of the onset.
        stop: Frame after the last.
        column: Column of its pitch.
    """

    first: int
    stop: int
    column: int


def note_events(onsets: NDArray[np.float64], frames: NDArray[np.float64]) -> list[NoteEvent]:
    """Find notes in the activations of Basic Pitch, sorted.

    Notes begin at peaks of the onsets, or where a frame's activation leaps, the last first, and go
    on while it stays above `FRAME`. What then remains above it are notes without a clear onset,
    which reach to both sides of their strongest frame. A note takes the neighbouring semitones with
    it.

    Args:
        onsets: Activations of onsets, 0 to 1, `[frames, pitches]`.
        frames: Activations of sounding notes, 0 to 1, `[frames, pitches]`.

    Source:
        R. Bittner et al., A lightweight instrument-agnostic model for polyphonic note transcription
        and multipitch estimation, ICASSP 2022; `output_to_notes_polyphonic` in spotify/basic-pitch
        (Apache-2.0).
    """
    from scipy.signal import argrelmax  # takes long, and few need it

    begun = np.maximum(onsets, _leaps(frames, float(onsets.max())))
    peaks, columns = argrelmax(begun, axis=0)
    left = frames.copy()
    found: list[NoteEvent] = []
    for first, column in sorted(zip(peaks.tolist(), columns.tolist(), strict=True), reverse=True):
        if begun[first, column] >= ONSET:
            _take(left, found, first, _end(left[first:, column]) + first, column)
    while left.max() > FRAME:
        middle, column = (int(place) for place in np.unravel_index(left.argmax(), left.shape))
        first = middle + 1 - _end(left[middle::-1, column])
        if not _take(left, found, first, middle + _end(left[middle:, column]), column):
            left[middle, column] = 0.0
    return sorted(found)


def _take(
    left: NDArray[np.float64], found: list[NoteEvent], first: int, stop: int, column: int
) -> bool:
    """Add a note, and clear what it takes; return whether it is long enough."""
    if stop - first <= _SHORTEST:
        return False
    left[first:stop, max(0, column - 1) : column + 2] = 0.0
    found.append(NoteEvent(first, stop, column))
    return True


def _end(activation: NDArray[np.float64]) -> int:
    """Return the number of frames until `activation` `[k]` stays below `FRAME`."""
    below = np.convolve(activation < FRAME, np.ones(_PAUSE), mode="full")[_PAUSE - 1 :] >= _PAUSE
    above = np.flatnonzero(activation[: int(below.argmax()) if below.any() else None] >= FRAME)
    return int(above[-1]) + 1 if len(above) else 0


def _leaps(frames: NDArray[np.float64], highest: float) -> NDArray[np.float64]:
    """Return rises over one and two frames, the smaller one, scaled to a highest value."""
    rises = np.zeros_like(frames)
    rises[2:] = np.maximum(np.minimum(frames[2:] - frames[1:-1], frames[2:] - frames[:-2]), 0.0)
    return np.asarray(rises * highest / max(float(rises.max()), 1e-9))
