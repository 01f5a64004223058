"""Reading of audio files, and writing of WAV files."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import scipy.io.wavfile
import soundfile

from patchwright.experiments.errors import ExperimentError

SAMPLE_RATES = (8_000, 192_000)
"""Lowest and highest sample rate that is supported, in Hz."""

_MAX_SECONDS = 30.0


def read_samples(
    path: Path, *, start: float = 0.0, length: float | None = None
) -> tuple[np.ndarray, int]:
    """Read up to 30 s of a mono or stereo WAV, FLAC, OGG or MP3 file.

    Args:
        path: File to read.
        start: Seconds to skip.
        length: Seconds to read from there, at most to the end of the file.

    Returns:
        Samples `[t, c]`, float32, and the sample rate of the file in Hz.

    Raises:
        ExperimentError: The file cannot be read, is damaged, contains samples that are not finite,
            is too long, or has an unsupported number of channels or sample rate.
    """
    _check_file(path)
    samples, sr = _read(path, start, length)
    if not np.isfinite(samples).all():
        raise ExperimentError(
            f"{path} contains samples that are not finite (NaN or infinite): export it again."
        )
    return samples, sr


def _read(path: Path, start: float, length: float | None) -> tuple[np.ndarray, int]:
    """Read only the requested frames."""
    try:
        with soundfile.SoundFile(path) as file:
            first, count = _wanted(file, path, start, length)
            file.seek(first)
            samples: np.ndarray = file.read(count, dtype="float32", always_2d=True)
            file_sr = int(file.samplerate)
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw audio
        raise ExperimentError(
            f"{path} is damaged or not a supported sound file: export it again as WAV, FLAC, OGG "
            "or MP3."
        ) from error
    if len(samples) < count:
        raise ExperimentError(
            f"{path} is cut off after {(first + len(samples)) / file_sr:.2f} s: export it again."
        )
    return samples, file_sr


def _wanted(
    file: soundfile.SoundFile, path: Path, start: float, length: float | None
) -> tuple[int, int]:
    """Check the header, and return the first frame to read and the number of frames."""
    if file.frames == 0:
        raise ExperimentError(f"{path} contains no audio (0 frames): export it again.")
    if file.channels > 2:
        raise ExperimentError(
            f"{path} has {file.channels} channels: mix it down to mono or stereo first."
        )
    lowest, highest = SAMPLE_RATES
    if not lowest <= file.samplerate <= highest:
        raise ExperimentError(
            f"{path} has a sample rate of {file.samplerate} Hz: "
            f"resample it to between {lowest} and {highest} Hz."
        )
    first = round(start * file.samplerate)
    if first >= file.frames:
        raise ExperimentError(
            f"start is {start:g} s but {path} is only {file.frames / file.samplerate:.2f} s long: "
            "give an earlier --start."
        )
    count = int(file.frames) - first
    if length is not None:
        count = min(count, max(1, round(length * file.samplerate)))
    if count > _MAX_SECONDS * file.samplerate:
        raise ExperimentError(
            f"{path} has {count / file.samplerate:.2f} s to read, and at most "
            f"{_MAX_SECONDS:.0f} s are allowed: select a note in it, as with --start 0 --length 2."
        )
    return first, count


def _check_file(path: Path) -> None:
    """Refuse a path that cannot be an audio file, before decoding it."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ExperimentError(f"{path} is a directory: give one sound file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise ExperimentError(f"{path} is not a regular file: save the sound to a file first.")
        path.open("rb").close()
    except FileNotFoundError as error:
        raise ExperimentError(f"There is no file {path}: check its name and folder.") from error
    except PermissionError as error:
        raise ExperimentError(
            f"{path} is not readable by you: change its permissions, as with chmod u+r."
        ) from error
    except OSError as error:
        raise ExperimentError(
            f"{path} cannot be opened ({error.strerror}): check the path and the disk."
        ) from error
    if status.st_size == 0:
        raise ExperimentError(f"{path} is empty (0 bytes): export it again.")


def write_audio(path: Path, audio: np.ndarray, sr: int) -> None:
    """Write audio `[c, t]` as a WAV file of floats; equal audio gives equal bytes."""
    # scipy, because libsndfile writes the time of day into WAV files of floats
    scipy.io.wavfile.write(path, sr, np.asarray(audio, np.float32).T)
