"""A dry sound in the place of one that is not there: another note of the same instrument."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.config.target import sound_files
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.pitch import estimate_pitch
from patchwright.experiments.recordings.whole_sound import read_whole

_SR = 22_050
_SAME = 0.5  # semitones
_FALL = 30.0  # dB, from the loudest on, within which a note is held


def nearest_dry(
    wet: Path, folder: Path, *, start: float | None = None, length: float | None = None
) -> Path:
    """Return the sound of a folder that is the likeliest dry one: of its pitch, held as long.

    Args:
        wet: Sound with effects.
        folder: Folder of dry sounds of the same instrument.
        start: Seconds of the wet sound to skip.
        length: Seconds of it to use.

    Raises:
        ExperimentError: If the folder holds no sounds, or one cannot be read.
    """
    try:
        files = sound_files(folder)
    except ValueError as error:
        raise ExperimentError(f"{error}.") from error
    if not isinstance(files, list):
        raise ExperimentError(f"{folder} is no folder: name one with dry sounds.")
    target = read_whole(wet, sr=_SR, start=start, length=length).audio.mean(axis=0)
    sounds = [read_whole(path, sr=_SR, length=length).audio.mean(axis=0) for path in files]
    pitch = estimate_pitch(target, _SR).f0
    away = [_semitones(pitch, estimate_pitch(sound, _SR).f0) for sound in sounds]
    near = [place for place, each in enumerate(away) if each <= min(away) + _SAME]
    lengths = [abs(_held(sounds[place]) - _held(target)) for place in near]
    chosen: Path = files[near[int(np.argmin(lengths))]]
    return chosen


def _semitones(first: float | None, second: float | None) -> float:
    """Return the distance of two pitches in Hz; an octave more than any if just one is known."""
    if first is None or second is None:
        return 0.0 if first is second else 140.0
    return float(12 * abs(np.log2(first / second)))


def _held(sound: NDArray[np.float32]) -> float:
    """Return the seconds from the loudest part until it is 30 dB softer, for good."""
    size = _SR // 50
    level = np.square(sound[: len(sound) // size * size].reshape(-1, size)).mean(axis=1)
    loud = np.flatnonzero(level > level.max() * 10 ** (-_FALL / 10))
    return float((loud[-1] + 1) * size / _SR)
