"""Onset and end of a recorded note, and how long its key was held."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from patchwright.experiments.recordings.background import FRAME, Background, frame_levels

_ONSET, _END = -50.0, -70.0  # dB; RMS of a frame relative to the peak
_ABOVE = 6.0  # dB of a frame, or of the envelope, above the background
_CLEAR = 3.0  # dB of a frame above the highest of the background
_LEAD, _TAIL = 0.002, 0.05  # seconds kept before the first and after the last sounding frame

_HOP, _WINDOW = 0.01, 0.04  # seconds, of the envelope; two periods of 50 Hz per window
_FLOOR = -40.0  # dB relative to the loudest frame; fainter frames may be noise
_PARTS = (0.5, 0.75)  # last shares of the sound that are searched for a release, in turn
_RELEASE, _STEEPENING = 12.0, 12.0  # minimum decay of a release in dB/s, and its excess
_FALL = 6.0  # minimum total decay of a release in dB


@dataclass(frozen=True)
class Extent:
    """Samples that a note takes.

    Attributes:
        first: First sample to keep.
        sounding: End of the sound.
        stop: End of what to keep.
    """

    first: int
    sounding: int
    stop: int


def extent(mono: np.ndarray, sr: int, background: Background | None) -> Extent:
    """Find a note in samples `[t]`.

    The sound starts 2 ms before the first frame of 2 ms with an RMS above -50 dB relative to the
    peak, and ends 50 ms after the last one above -70 dB or at the end of the samples. Both
    thresholds are at least 6 dB above the background, and 3 dB above its highest frame.
    """
    frame = round(FRAME * sr)
    level = frame_levels(mono, sr) / np.abs(mono).max()
    floor = -math.inf
    if background is not None:
        floor = max(background.level + _ABOVE, background.highest + _CLEAR)
    onset, end = (10.0 ** (max(threshold, floor) / 20.0) for threshold in (_ONSET, _END))
    first = int(np.argmax(level > onset)) * frame - round(_LEAD * sr)
    sounding = min(len(mono), (int(np.flatnonzero(level > end)[-1]) + 1) * frame)
    return Extent(max(0, first), sounding, min(len(mono), sounding + round(_TAIL * sr)))


def held_seconds(audio: np.ndarray, sr: int, background: float = -math.inf) -> float:
    """Estimate for how long the key of a note was held.

    A release is a decay that steepens and does not recover. The RMS envelope in dB ends where it
    stays 40 dB below its loudest frame, or less than 6 dB above the background. Two joined lines
    are fitted by least squares to its last half, and if no release is found, to its last three
    quarters. The joint is the release if the second line falls by more than 12 dB/s, by 12 dB/s
    faster than the first, and by 6 dB in total. Otherwise (a percussive sound, or one cut off while
    held) the whole length counts as held.

    Args:
        audio: Sound from its onset to its end, `[t]`.
        sr: Sample rate in Hz.
        background: RMS of the background in dBFS.

    Returns:
        Seconds from the onset.
    """
    levels = _envelope(audio, sr)
    floor = max(_FLOOR, background + _ABOVE - levels.max())
    levels = np.maximum(levels - levels.max(), floor)
    levels = levels[: int(np.flatnonzero(levels > floor)[-1]) + 2]
    for part in _PARTS:
        first = round((1.0 - part) * len(levels))
        joint = _steepening(levels[first:])
        if joint is not None:
            return (first + joint) * _HOP
    return len(audio) / sr


def _steepening(levels: np.ndarray) -> int | None:
    """Return the frame of `levels` in dB, `[k]`, at which a release starts; None without one."""
    times = np.arange(len(levels)) * _HOP
    best, joint, lines = math.inf, None, np.zeros(3)
    for candidate in range(5, len(levels) - 3):
        since = times - times[candidate]
        basis = np.stack([np.ones_like(times), since, np.maximum(since, 0.0)], axis=1)
        weights = np.linalg.lstsq(basis, levels, rcond=None)[0]
        error = float(np.square(levels - basis @ weights).sum())
        if error < best:
            best, joint, lines = error, candidate, weights
    level, slope, bend = lines
    released = slope + bend < -_RELEASE and bend < -_STEEPENING and level - levels[-1] > _FALL
    return joint if released else None


def _envelope(audio: np.ndarray, sr: int) -> np.ndarray:
    """Compute the RMS in dB, `[k]`, of windows of 40 ms centred on every 10 ms of `[t]`."""
    half = round(_WINDOW * sr / 2)
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    centres = np.round(np.arange(0.0, len(audio), _HOP * sr)).astype(np.int64)
    above = np.minimum(centres + half, len(audio))
    below = np.maximum(centres - half, 0)
    power = (energy[above] - energy[below]) / (2 * half)
    levels: np.ndarray = 10.0 * np.log10(np.maximum(power, 1e-20))
    return levels
