"""Reading of audio files, and writing of WAV files."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.io.wavfile
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.length_repair import unmeasured, wav_data
from patchwright.synths.whole_file import whole_file

SAMPLE_RATES = (8_000, 192_000)
"""Lowest and highest sample rate that is supported, in Hz."""

_MAX_SECONDS = 30.0
_BLOCK = 2**16  # frames that are skipped at once
_UNKNOWN_FRAMES = 2**62  # libsndfile's number for an unknown one is 2^63 - 1
_FLOATS = ("FLOAT", "DOUBLE")
_CUT_OFF = 0.01  # share of a WAV file that may be missing without a warning


@dataclass(frozen=True, eq=False)
class FileSamples:
    """Samples of a sound file.

    Attributes:
        samples: Samples `[t, c]`, float32.
        sr: Sample rate of the file in Hz.
        floating: Whether the file holds floats, which may exceed full scale.
        warnings: Sentences about what may be wrong with the file.
    """

    samples: np.ndarray
    sr: int
    floating: bool = False
    warnings: tuple[str, ...] = ()


def read_samples(path: Path, *, start: float = 0.0, length: float | None = None) -> FileSamples:
    """Read up to 30 s of a mono or stereo WAV, FLAC, OGG or MP3 file.

    The number of frames in the header is believed where formats have a reliable one. MP3 files
    without a Xing frame, and FLAC and WAV files that were streamed, are read to their real end.

    Args:
        path: File to read.
        start: Seconds to skip.
        length: Seconds to read from there, at most to the end of the file.

    Returns:
        Samples, with a warning if a WAV file ends before its header says.

    Raises:
        ExperimentError: The file cannot be read, is damaged, contains samples that are not finite,
            is too long, or has an unsupported number of channels or sample rate.
    """
    _check_file(path)
    read = _read(path, start, length)
    if not np.isfinite(read.samples).all():
        raise ExperimentError(
            f"{path} contains samples that are not finite (NaN or infinite): export it again."
        )
    return replace(read, warnings=_cut_off(path))


class TooLongError(ExperimentError):
    """More of a file was to be read than is allowed."""


def read_mono(path: Path, most: float) -> tuple[np.ndarray, int]:
    """Read the mean of the channels of a whole file, `[t]`, float32, and its sample rate in Hz.

    Args:
        path: File to read.
        most: Greatest length in seconds.

    Raises:
        ExperimentError: As for `read_samples`.
    """
    _check_file(path)
    with _opened(path) as (file, _):
        blocks: list[np.ndarray] = []
        frames = 0
        while frames <= most * file.samplerate:
            block = file.read(_BLOCK, dtype="float32", always_2d=True)
            if not len(block):
                return np.nan_to_num(np.concatenate(blocks)), int(file.samplerate)
            blocks.append(block.mean(axis=1))
            frames += len(block)
    raise TooLongError(
        f"{path} is longer than the {most:.0f} s in which a note is looked for: select one, as "
        "with --start 0 --length 2."
    )


class _Decoder(soundfile.SoundFile):  # type: ignore[misc]  # untyped
    """Decoder that reads to the end of the data, not to the end that the header names."""

    def seekable(self) -> bool:
        return False  # otherwise SoundFile moves to the promised position after each read

    @property
    def promised(self) -> int | None:
        """Frames according to the header; None if it does not know them."""
        return int(self.frames) if self.frames < _UNKNOWN_FRAMES else None


def _read(path: Path, start: float, length: float | None) -> FileSamples:
    """Read only the requested frames."""
    with _opened(path) as (file, promised):
        first = round(start * file.samplerate)
        if promised is None:
            samples = _read_unmeasured(file, path, first, length)
        else:
            samples = _read_measured(file, path, first, length, promised)
        return FileSamples(samples, int(file.samplerate), file.subtype in _FLOATS)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[_Decoder, int | None]]:
    """Open a file at its start, with the number of frames that it promises, if it is reliable."""
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(_Decoder(native(path)))
            promised = file.promised
            amended = unmeasured(path, file.format, file.frames)
            if amended is not None:
                file = stack.enter_context(_Decoder(stack.enter_context(amended)))
                promised = None
            _check_format(file, path)
            yield file, promised
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw audio
        raise ExperimentError(
            f"{path} is damaged or not a supported sound file: export it again as WAV, FLAC, OGG "
            "or MP3."
        ) from error


def _check_format(file: _Decoder, path: Path) -> None:
    """Check channels and sample rate."""
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


def _read_measured(
    file: _Decoder, path: Path, first: int, length: float | None, promised: int
) -> np.ndarray:
    """Read frames from `first` on, `[t, c]`, and refuse a file that ends too early."""
    if promised == 0:
        raise ExperimentError(f"{path} contains no audio (0 frames): export it again.")
    if first >= promised:
        raise _too_late(file, path, first, promised)
    count = promised - first
    if length is not None:
        count = min(count, max(1, round(length * file.samplerate)))
    if count > _MAX_SECONDS * file.samplerate:
        raise _too_long(path, f"{count / file.samplerate:.2f}")
    if file.format == "MP3":
        _skip(file, first)  # moving in one with a variable bit rate ends elsewhere
    else:
        file.seek(first)
    samples: np.ndarray = file.read(count, dtype="float32", always_2d=True)
    if len(samples) < count:
        end = (first + len(samples)) / file.samplerate
        raise ExperimentError(f"{path} is cut off after {end:.2f} s: export it again.")
    return samples


def _read_unmeasured(file: _Decoder, path: Path, first: int, length: float | None) -> np.ndarray:
    """Read frames from `first` on, `[t, c]`, of a file of unknown length."""
    skipped = _skip(file, first)  # moving there would fail beyond the end
    most = round(_MAX_SECONDS * file.samplerate)
    wanted = most + 1 if length is None else max(1, round(length * file.samplerate))
    samples: np.ndarray = file.read(min(wanted, most + 1), dtype="float32", always_2d=True)
    if not len(samples):
        if not skipped:
            raise ExperimentError(f"{path} contains no audio (0 frames): export it again.")
        raise _too_late(file, path, first, skipped)
    if len(samples) > most:
        raise _too_long(path, f"more than {_MAX_SECONDS:.0f}")
    return samples


def _skip(file: _Decoder, frames: int) -> int:
    """Read past frames, and return how many there were."""
    skipped = 0
    while skipped < frames:
        block = len(file.read(min(_BLOCK, frames - skipped), dtype="float32"))
        if not block:
            break
        skipped += block
    return skipped


def _too_late(file: _Decoder, path: Path, first: int, frames: int) -> ExperimentError:
    return ExperimentError(
        f"start is {first / file.samplerate:g} s but {path} is only "
        f"{frames / file.samplerate:.2f} s long: give an earlier --start."
    )


def _too_long(path: Path, seconds: str) -> TooLongError:
    return TooLongError(
        f"{path} has {seconds} s to read, and at most {_MAX_SECONDS:.0f} s are allowed: "
        "select a note in it, as with --start 0 --length 2."
    )


def _cut_off(path: Path) -> tuple[str, ...]:
    """Warn about a WAV file that ends before its header says."""
    data = wav_data(path)
    if data is None or not data.cut_off >= _CUT_OFF:
        return ()
    return (
        f"{path.name} lacks the last {data.cut_off:.0%} of the sound that its header names: if the "
        "note is cut off, export it again.",
    )


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


def native(path: Path) -> str | bytes:
    """Return a path as soundfile opens it, also if its name is not UTF-8."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def write_audio(path: Path, audio: np.ndarray, sr: int) -> None:
    """Write audio `[c, t]` as a WAV file of floats; equal audio gives equal bytes."""
    # scipy, because libsndfile writes the time of day into WAV files of floats
    with whole_file(path) as part:
        scipy.io.wavfile.write(part, sr, np.asarray(audio, np.float32).T)
