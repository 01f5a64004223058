"""Reads one recorded note from an audio file: its sound, its pitch and how long it was held."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.pitch import estimate_pitch
from patchwright.experiments.recordings.sound_file import SAMPLE_RATES, read_samples
from patchwright.synths.performance.notes import pitch_name

_SHORTEST = 0.05  # s
_SILENCE = 1e-4  # -80 dBFS, of the peak

_FRAME = 0.002  # s, of the trimming
_ONSET, _END = 10.0 ** (-50 / 20), 10.0 ** (-70 / 20)  # RMS of a frame relative to the peak
_LEAD, _TAIL = 0.002, 0.05  # s kept before the first and after the last sounding frame

_HOP, _WINDOW = 0.01, 0.04  # s, of the envelope; the window holds two periods of 50 Hz
_FLOOR = -40.0  # dB below the loudest frame: what is fainter may be noise
_PARTS = (0.5, 0.75)  # the last shares of the sound in which a release is looked for, in turn
_RELEASE, _STEEPENING = 12.0, 12.0  # dB/s by which a release falls, and faster than before it
_FALL = 6.0  # dB by which it falls in all


@dataclass(frozen=True, eq=False)
class Recording:
    """One note as it was recorded.

    Attributes:
        audio: float32 `[1, t]` at `sr`, trimmed, at the level it was recorded at.
        sr: the sample rate of `audio` in Hz.
        note: the MIDI note, as given or else estimated; 60 if the sound has no pitch.
        f0: the estimated pitch in Hz; None if the sound has none or the note was given.
        cents: how far `f0` lies above the equal-tempered pitch of `note`, or None like `f0`.
        voiced: the share of the sound with a clear pitch, 0 to 1; None if the note was given.
        duration: seconds from the start of `audio` for which the key was held.
        onset: seconds trimmed at the start, counted from where the reading started.
        path: the file.
        sha256: of the file's bytes, in hexadecimal.
        channels: of the file.
        file_sr: the sample rate of the file in Hz.
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

    def sentence(self) -> str:
        """Say for people what was found."""
        name = f"{pitch_name(self.note)} (MIDI {self.note})"
        if self.f0 is not None:
            pitch = f"{name}, heard at {self.f0:.1f} Hz, {self.cents:+.0f} cents"
        elif self.voiced is None:
            pitch = f"{name}, as given"
        else:
            pitch = f"no clear pitch, so {name} is played; --note gives another"
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
) -> Recording:
    """Read a note from a mono or stereo WAV, FLAC, OGG or MP3 file.

    The channels are averaged to one, because the built-in synths are mono. The sound starts 2 ms
    before its first 2 ms frame whose RMS is above -50 dB of the peak, and ends 50 ms after the
    last one above -70 dB, or where the file does. Its level is left as it is. A FLAC or MP3 file
    that is cut off is refused; a WAV or OGG file does not tell, and is read as a shorter sound.

    Args:
        path: the file.
        sr: the sample rate to resample to, in Hz.
        note: the MIDI note, 0 to 127; estimated if None (see `estimate_pitch`).
        duration: seconds for which the key was held; estimated if None (see `held`).
        start: seconds to skip in the file.
        length: seconds to read from there; what lies beyond the end of the file is not missed.

    Raises:
        ExperimentError: an option is out of range, or the file cannot be read, is damaged, silent,
            too short, too long, or has more than two channels.
    """
    path = Path(path)
    _check_options(sr=sr, note=note, duration=duration, start=start, length=length)
    samples, file_sr = read_samples(path, start=start or 0.0, length=length)
    mono = _mix(samples, path)
    if file_sr != sr:
        mono = soxr.resample(mono, file_sr, sr, quality="HQ")
    first, sounding, stop = _bounds(mono, sr)
    if stop - first < _SHORTEST * sr:
        raise ExperimentError(
            f"{path} holds only {1e3 * (stop - first) / sr:.0f} ms of sound: give a recording of "
            f"at least {1e3 * _SHORTEST:.0f} ms."
        )
    trimmed = np.ascontiguousarray(mono[first:stop], dtype=np.float32)
    pitch: tuple[int, float | None, float | None, float | None]
    if note is None:
        heard = estimate_pitch(trimmed, sr)
        pitch = heard.note, heard.f0, heard.cents, heard.voiced
    else:
        pitch = note, None, None, None
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Recording(
        audio=trimmed[None],
        sr=sr,
        note=pitch[0],
        f0=pitch[1],
        cents=pitch[2],
        voiced=pitch[3],
        duration=held(trimmed[: sounding - first], sr) if duration is None else float(duration),
        onset=first / sr,
        path=path,
        sha256=digest,
        channels=samples.shape[1],
        file_sr=file_sr,
    )


def held(audio: np.ndarray, sr: int) -> float:
    """Estimate for how long the key of a note was held, in seconds.

    A release shows as a decay that steepens and does not recover. The RMS envelope in dB is
    followed until it stays 40 dB below its loudest frame. Over the last half of it, and if nothing
    is found there over the last three quarters, the two joined lines that fit it best in the least
    squares are sought. The joint is the release if the second line falls by more than 12 dB/s and
    that much faster than the first, and by 6 dB in all; otherwise (a percussive sound that decays
    by itself, or one cut off while held) the whole length counts as held.

    Args:
        audio: the sound `[t]` from its onset to its end.
        sr: its sample rate in Hz.
    """
    levels = _envelope(audio, sr)
    levels = np.maximum(levels - levels.max(), _FLOOR)
    levels = levels[: int(np.flatnonzero(levels > _FLOOR)[-1]) + 2]
    for part in _PARTS:
        first = round((1.0 - part) * len(levels))
        joint = _steepening(levels[first:])
        if joint is not None:
            return (first + joint) * _HOP
    return len(audio) / sr


def _steepening(levels: np.ndarray) -> int | None:
    """The frame of `levels` (dB, `[k]`) at which a release starts, or None if none is seen."""
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
    """RMS in dB of windows of 40 ms centred on every 10 ms, `[t]` to `[k]`."""
    half = round(_WINDOW * sr / 2)
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    centres = np.round(np.arange(0.0, len(audio), _HOP * sr)).astype(np.int64)
    above = np.minimum(centres + half, len(audio))
    below = np.maximum(centres - half, 0)
    power = (energy[above] - energy[below]) / (2 * half)
    levels: np.ndarray = 10.0 * np.log10(np.maximum(power, 1e-20))
    return levels


def _bounds(mono: np.ndarray, sr: int) -> tuple[int, int, int]:
    """Where to trim `mono` (`[t]`): the first sample, the end of the sound, the end to keep."""
    frame = round(_FRAME * sr)
    padded = np.pad(mono.astype(np.float64), (0, -len(mono) % frame))
    level = np.sqrt(np.square(padded).reshape(-1, frame).mean(axis=1)) / np.abs(mono).max()
    first = int(np.argmax(level > _ONSET)) * frame - round(_LEAD * sr)
    sounding = min(len(mono), (int(np.flatnonzero(level > _END)[-1]) + 1) * frame)
    return max(0, first), sounding, min(len(mono), sounding + round(_TAIL * sr))


def _mix(samples: np.ndarray, path: Path) -> np.ndarray:
    """Average the channels of `samples` (`[t, c]`) to `[t]`, and see that there is sound."""
    mono: np.ndarray = samples.mean(axis=1)
    if np.abs(mono).max() < _SILENCE <= np.abs(samples).max():
        raise ExperimentError(
            f"The two channels of {path} cancel out when mixed: export one of them as mono."
        )
    if np.abs(mono).max() < _SILENCE:
        raise ExperimentError(
            f"{path} is silent where it was read (below -80 dBFS): give a recording, or a start "
            "and length, in which the note is heard."
        )
    return mono


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
