"""The steadiest, loudest note of a long recording."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound_file import read_mono
from patchwright.objectives.signal.mel import hz_to_mel, mel_to_hz

_BANDS = 24
_LOWEST, _HIGHEST = 50.0, 10_000.0  # Hz
_MOST = 600.0  # s
_AT_ONCE = 1000  # frames
_HOP, _WINDOW = 0.01, 0.05  # s
_RANGE = 50.0  # dB below the loudest band of the recording, where sounds count as silence
_RISE = 6.0  # dB, mean of the bands within 50 ms, from which a note begins
_STEPS = 5  # hops of that rise: one window
_EARLIER = 8  # hops from the greatest rise back to before the onset
_FALL = 30.0  # dB below its loudest frame, where a note ends
_SHORTEST, _LONGEST = 0.25, 8.0  # s
_RELEASE = 0.3  # s after a note, unless the next one begins
_ATTACK = 0.1  # s that need not be steady
_ENOUGH = 1.0  # s: a longer note is no better
_SHORTER = 6.0  # dB that half of it costs


@dataclass(frozen=True)
class SteadyNote:
    """Part of a recording.

    Attributes:
        start: Start in seconds.
        length: Length in seconds.
        notes: Number of notes that it was chosen from.
    """

    start: float
    length: float
    notes: int


def find_steady_note(path: Path) -> SteadyNote:
    """Find the note of a recording that is loud, steady and long enough.

    Notes begin where the levels of 24 mel bands rise, and end at the next one or 30 dB below their
    loudest frame. Of those of at least 0.25 s, the best has the highest

        L - S - 6 log2(1 / min(T, 1)),

    in dB: L is the mean level of its first second, S the deviation of its bands, weighted by their
    power, from a steady rise or fall after the first 0.1 s, and T its length in seconds.

    Args:
        path: Sound file of up to ten minutes.

    Raises:
        ExperimentError: The file cannot be read, is longer, or has no such note.
    """
    mono, sr = read_mono(path, _MOST)
    if not mono.any():
        raise ExperimentError(f"{path} is silent: give a recording with sound in it.")
    levels = _band_levels(mono, sr)
    found = _notes(levels)
    if not found:
        raise ExperimentError(
            f"{path} has no note of at least {_SHORTEST} s that could be found by itself: choose "
            "one with --start and --length."
        )
    first, _, end = max(found, key=lambda note: _worth(levels[note[0] : note[1]]))
    return SteadyNote(round(first * _HOP, 3), round((end - first) * _HOP, 3), len(found))


def _band_levels(mono: NDArray[np.float32], sr: int) -> NDArray[np.float64]:
    """Return levels of bands in dB relative to the loudest, `[frames, bands]`, of samples `[t]`."""
    hop, window = round(_HOP * sr), round(_WINDOW * sr)
    low, high = hz_to_mel(np.array([_LOWEST, min(_HIGHEST, 0.45 * sr)]))
    edges = mel_to_hz(np.linspace(low, high, _BANDS + 1))
    bins = np.round(edges * window / sr).astype(np.int64)
    padded = np.pad(mono, (window // 2, window))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(mono) : hop]
    powers = []
    for some in np.array_split(frames, len(frames) // _AT_ONCE + 1):  # for less memory
        power = np.square(np.abs(np.fft.rfft(some * np.hanning(window), axis=1)))
        powers.append(np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1))
    power = np.concatenate(powers)
    return np.asarray(10.0 * np.log10(np.maximum(power / power.max(), 10.0 ** (-_RANGE / 10.0))))


def _notes(levels: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Return first frame, stop and end, with the release, of the notes of at least 0.25 s."""
    loudness = 10.0 * np.log10((10.0 ** (levels / 10.0)).sum(axis=1))
    rise = np.zeros(len(levels))
    rise[_STEPS:] = np.maximum(levels[_STEPS:] - levels[:-_STEPS], 0.0).mean(axis=1)
    rise[_STEPS:][loudness[_STEPS:] < loudness[:-_STEPS]] = 0.0  # the click of a sudden end
    around = np.lib.stride_tricks.sliding_window_view(np.pad(rise, _STEPS), 2 * _STEPS + 1)
    tops = np.flatnonzero((rise >= _RISE) & (rise >= around.max(axis=1)))
    starts = [max(0, int(top) - _EARLIER) for top in tops if rise[top] > rise[top - 1]]
    found = []
    for first, following in pairwise([*starts, len(levels)]):
        part = loudness[first : min(following, first + round(_LONGEST / _HOP))]
        top = int(part.argmax())
        fallen = part[top:] < part[top] - _FALL
        stop = first + (top + int(fallen.argmax()) if fallen.any() else len(part))
        if (stop - first) * _HOP >= _SHORTEST:
            found.append((first, stop, min(stop + round(_RELEASE / _HOP), following)))
    return found


def _worth(levels: NDArray[np.float64]) -> float:
    """Return how good a note is, in dB, by its levels `[frames, bands]`; see `find_steady_note`."""
    power = 10.0 ** (levels / 10.0)
    second = power[: round(_ENOUGH / _HOP)].sum(axis=1)
    sustained = levels[round(_ATTACK / _HOP) :]
    times = np.linspace(-1.0, 1.0, len(sustained))
    basis = np.stack([np.ones_like(times), times], axis=1)
    around = sustained - basis @ np.linalg.lstsq(basis, sustained, rcond=None)[0]
    unsteady = np.average(around.std(axis=0), weights=power.mean(axis=0))
    short = -math.log2(min(len(levels) * _HOP / _ENOUGH, 1.0))
    return float(10.0 * np.log10(second.mean()) - unsteady - _SHORTER * short)
