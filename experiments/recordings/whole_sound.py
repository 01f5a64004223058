"""Reading of a whole sound, as it is: untrimmed, in stereo, at its level."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound_file import read_samples
from patchwright.synths import DrySound, Performance

_SILENCE = 1e-4  # peak of -80 dBFS
_SHORTEST = 0.05  # seconds


@dataclass(frozen=True, eq=False)
class WholeSound:
    """A sound read from a file.

    Attributes:
        audio: Samples `[c, t]`, float32, one or two channels.
        sha256: Hash of the file's bytes, in hexadecimal.
        warnings: Sentences about what may be wrong with the file.
    """

    audio: NDArray[np.float32]
    sha256: str
    warnings: tuple[str, ...]


def read_whole(
    path: Path, *, sr: int, start: float | None = None, length: float | None = None
) -> WholeSound:
    """Read up to 30 s of a WAV, FLAC, OGG or MP3 file.

    Args:
        path: File to read.
        sr: Sample rate of the result in Hz.
        start: Seconds to skip in the file.
        length: Seconds to read from there, at most to the end of the file.

    Raises:
        ExperimentError: The file cannot be read, is damaged, silent, too long or shorter than 50
            ms, or has more than two channels.
    """
    read = read_samples(path, start=start or 0.0, length=length)
    samples = read.samples
    if read.sr != sr:
        samples = soxr.resample(samples, read.sr, sr, quality="HQ")
    if len(samples) < _SHORTEST * sr:
        raise ExperimentError(
            f"{path} has only {1e3 * len(samples) / sr:.0f} ms of sound: give at least "
            f"{1e3 * _SHORTEST:.0f} ms."
        )
    if np.abs(samples).max() < _SILENCE:
        raise ExperimentError(
            f"{path} is silent in the part that was read (below -80 dBFS): give another sound, or "
            "another start and length."
        )
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    audio = np.ascontiguousarray(samples.T, np.float32)
    return WholeSound(audio, digest, read.warnings)


def dry_performance(
    path: Path, *, sr: int, tail: float = 0.0, length: float | None = None, tempo: float = 120.0
) -> Performance:
    """Read a dry sound, and return the performance that plays it to effects.

    Args:
        path: File to read.
        sr: Sample rate in Hz.
        tail: Seconds after its end.
        length: Length in seconds; overrides `tail`.
        tempo: Beats per minute.

    Raises:
        ExperimentError: The file cannot be used; see `read_whole`.
        SynthError: The length or the tempo is out of range.
    """
    audio = read_whole(path, sr=sr).audio
    seconds = audio.shape[1] / sr + tail if length is None else length
    return Performance(notes=(), length=seconds, sr=sr, tempo=tempo, dry=DrySound(audio))
