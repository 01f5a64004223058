"""Reading of a recorded note: its sound, its pitch and how long the key was held."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.background import LOUDEST, Background, find_background
from patchwright.experiments.recordings.channels import one_channel
from patchwright.experiments.recordings.extent import extent, held_seconds
from patchwright.experiments.recordings.pitch import PitchEstimate, estimate_pitch
from patchwright.experiments.recordings.sound_file import (
    SAMPLE_RATES,
    FileSamples,
    TooLongError,
    read_samples,
)
from patchwright.experiments.recordings.steady_note import find_steady_note
from patchwright.synths.performance.notes import pitch_name

_MIN_SECONDS = 0.05


@dataclass(frozen=True, eq=False)
class Recording:
    """A recorded note.

    Attributes:
        audio: Trimmed samples, `[1, t]`, float32, at the recorded level.
        sr: Sample rate of `audio` in Hz.
        note: MIDI note, given or estimated; 60 if the sound has no pitch.
        f0: Estimated pitch in Hz; None if there is none or the note was given.
        cents: Deviation of `f0` from `note` in cents; None if `f0` is None.
        voiced: Share of the sound with a clear pitch, 0 to 1; None if the note was given.
        duration: Seconds from the start of `audio` for which the key was held.
        onset: Seconds trimmed at the start, from where reading started.
        path: File of the recording.
        sha256: Hash of the file's bytes, in hexadecimal.
        channels: Number of channels in the file.
        file_sr: Sample rate of the file in Hz.
        warnings: Sentences about what was changed in the sound, and what is doubtful.
    """

    audio: np.ndarray
    sr: int
    note: int
    f0: float | None
    cents: float | None
    voiced: float | None
    duration: float
    onset: float
    path: Path
    sha256: str
    channels: int
    file_sr: int
    warnings: tuple[str, ...] = ()

    def sentence(self) -> str:
        """Describe the recording in one sentence."""
        name = f"{pitch_name(self.note)} (MIDI {self.note})"
        if self.f0 is not None:
            pitch = f"{name}, heard at {self.f0:.1f} Hz, {self.cents:+.0f} cents"
        elif self.voiced is None:
            pitch = f"{name}, as given"
        else:
            pitch = f"no clear pitch, so {name} is played; choose another with --note"
        length = self.audio.shape[1] / self.sr
        return f"{self.path.name}: {pitch}; held {self.duration:.2f} s of {length:.2f} s."


def read_recording(
    path: str | Path,
    *,
    sr: int = 44_100,
    note: int | None = None,
    duration: float | None = None,
    start: float | None = None,
    length: float | None = None,
    whole: bool = False,
) -> Recording:
    """Read a note from a mono or stereo WAV, FLAC, OGG or MP3 file.

    Of a file of more than 30 s, without a start and a length, the steadiest, loudest note is read
    (see `find_steady_note`), and a warning says so. Channels are averaged, because the built-in
    synths are mono (see `one_channel`), and the sound is trimmed to the note (see `extent`), above
    the background (see `find_background`). Its level is kept. A truncated FLAC or MP3 file is
    refused; a WAV file has a warning; truncation of OGG files, and of MP3 files that do not begin
    with their length, cannot be detected.

    Args:
        path: File to read.
        sr: Sample rate of the result in Hz.
        note: MIDI note, 0 to 127; None to estimate it (see `estimate_pitch`).
        duration: Seconds for which the key was held; None to estimate it (see `held_seconds`).
        start: Seconds to skip in the file.
        length: Seconds to read from there, at most to the end of the file.
        whole: Refuse a file of more than 30 s, instead of choosing a note.

    Returns:
        The recorded note.

    Raises:
        ExperimentError: An option is out of range, or the file cannot be read, is damaged, silent,
            too short or too long, or has more than two channels.

    Examples:
        >>> from importlib.resources import files
        >>> path = files("patchwright.experiments") / "targets" / "bell_c5.flac"
        >>> note = read_recording(path, note=72, duration=1.0, length=2.0)
        >>> note.audio.shape, note.sentence()
        ((1, 88200), 'bell_c5.flac: C5 (MIDI 72), as given; held 1.00 s of 2.00 s.')
    """
    path = Path(path)
    _check_options(sr=sr, note=note, duration=duration, start=start, length=length)
    read, found = _read(path, start, length, whole=whole)
    mono, changes = one_channel(read, path)
    if read.sr != sr:
        mono = soxr.resample(mono, read.sr, sr, quality="HQ")
    background, doubts = _background(mono, sr, path)
    part = extent(mono, sr, background)
    if part.stop - part.first < _MIN_SECONDS * sr:
        raise ExperimentError(
            f"{path} contains only {1e3 * (part.stop - part.first) / sr:.0f} ms of sound: give a "
            f"recording of at least {1e3 * _MIN_SECONDS:.0f} ms."
        )
    trimmed = np.ascontiguousarray(mono[part.first : part.stop], dtype=np.float32)
    if duration is None:
        peak = 20.0 * math.log10(float(np.abs(mono).max()))
        floor = -math.inf if background is None else background.level + peak
        duration = held_seconds(trimmed[: part.sounding - part.first], sr, floor)
    heard = None
    if note is None:
        heard = estimate_pitch(trimmed, sr)
        note = heard.note
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Recording(
        audio=trimmed[None],
        sr=sr,
        note=note,
        f0=None if heard is None else heard.f0,
        cents=None if heard is None else heard.cents,
        voiced=None if heard is None else heard.voiced,
        duration=float(duration),
        onset=part.first / sr,
        path=path,
        sha256=digest,
        channels=read.samples.shape[1],
        file_sr=read.sr,
        warnings=(*found, *read.warnings, *changes, *doubts, *_doubts_of_pitch(heard, path)),
    )


def _read(
    path: Path, start: float | None, length: float | None, *, whole: bool
) -> tuple[FileSamples, tuple[str, ...]]:
    """Read the samples, and say which part of a long file was chosen."""
    try:
        return read_samples(path, start=start or 0.0, length=length), ()
    except TooLongError:
        if whole or start is not None or length is not None:
            raise
    note = find_steady_note(path)
    return read_samples(path, start=note.start, length=note.length), (
        f"Of the {note.notes} notes of {path.name} the steadiest, loudest one is matched, at "
        f"{note.start:.2f} s: for another, give --start and --length, such as --start "
        f"{note.start:g} --length {note.length:g} for this one.",
    )


def _background(mono: np.ndarray, sr: int, path: Path) -> tuple[Background | None, tuple[str, ...]]:
    """Find the background; warn if it is too loud to find the onset above it."""
    background = find_background(mono, sr)
    if background is None or background.level <= LOUDEST:
        return background, ()
    return None, (
        f"{path.name} has noise {-background.level:.0f} dB below its peak before the note, so its "
        "onset and held time are doubtful: choose the note with --start and --length.",
    )


def _doubts_of_pitch(heard: PitchEstimate | None, path: Path) -> tuple[str, ...]:
    if heard is None or not heard.inharmonic:
        return ()
    return (
        f"The partials of {path.name} are not harmonics of one pitch, as in a bell or a chord, so "
        f"{pitch_name(heard.note)} is doubtful: give the note with --note.",
    )


def _check_options(
    *,
    sr: int,
    note: int | None,
    duration: float | None,
    start: float | None,
    length: float | None,
) -> None:
    lowest, highest = SAMPLE_RATES
    if not lowest <= sr <= highest:
        raise ExperimentError(
            f"The sample rate is {sr} Hz: choose one between {lowest} and {highest} Hz."
        )
    if note is not None and not 0 <= note <= 127:
        raise ExperimentError(f"The note is {note}: give a MIDI note between 0 and 127.")
    for name, seconds in (("duration", duration), ("length", length)):
        if seconds is not None and not (math.isfinite(seconds) and seconds > 0.0):
            raise ExperimentError(f"The {name} is {seconds:g} s: give a time above 0 s.")
    if start is not None and not (math.isfinite(start) and start >= 0.0):
        raise ExperimentError(f"start is {start:g} s: give a time of 0 s or later.")
