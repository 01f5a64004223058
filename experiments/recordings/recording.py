"""Reading of a recorded note: its sound, its pitch and how long the key was held."""

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

_MIN_SECONDS = 0.05
_SILENCE = 1e-4  # peak of -80 dBFS

_FRAME = 0.002  # seconds, for trimming
_ONSET, _END = 10.0 ** (-50 / 20), 10.0 ** (-70 / 20)  # RMS of a frame relative to the peak
_LEAD, _TAIL = 0.002, 0.05  # seconds kept before the first and after the last sounding frame

_HOP, _WINDOW = 0.01, 0.04  # seconds, of the envelope; two periods of 50 Hz per window
_FLOOR = -40.0  # dB relative to the loudest frame; fainter frames may be noise
_PARTS = (0.5, 0.75)  # last shares of the sound that are searched for a release, in turn
_RELEASE, _STEEPENING = 12.0, 12.0  # minimum decay of a release in dB/s, and its excess
_FALL = 6.0  # minimum total decay of a release in dB


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
) -> Recording:
    """Read a note from a mono or stereo WAV, FLAC, OGG or MP3 file.

    Channels are averaged, because the built-in synths are mono. The sound starts 2 ms before the
    first frame of 2 ms with an RMS above -50 dB relative to the peak, and ends 50 ms after the
    last one above -70 dB or at the end of the file. Its level is kept. A truncated FLAC or MP3
    file is refused; truncation of WAV and OGG files cannot be detected.

    Args:
        path: File to read.
        sr: Sample rate of the result in Hz.
        note: MIDI note, 0 to 127; None to estimate it (see `estimate_pitch`).
        duration: Seconds for which the key was held; None to estimate it (see `held_seconds`).
        start: Seconds to skip in the file.
        length: Seconds to read from there, at most to the end of the file.

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
    samples, file_sr = read_samples(path, start=start or 0.0, length=length)
    mono = _mix(samples, path)
    if file_sr != sr:
        mono = soxr.resample(mono, file_sr, sr, quality="HQ")
    first, sounding, stop = _bounds(mono, sr)
    if stop - first < _MIN_SECONDS * sr:
        raise ExperimentError(
            f"{path} contains only {1e3 * (stop - first) / sr:.0f} ms of sound: give a recording "
            f"of at least {1e3 * _MIN_SECONDS:.0f} ms."
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
        duration=(
            held_seconds(trimmed[: sounding - first], sr) if duration is None else float(duration)
        ),
        onset=first / sr,
        path=path,
        sha256=digest,
        channels=samples.shape[1],
        file_sr=file_sr,
    )


def held_seconds(audio: np.ndarray, sr: int) -> float:
    """Estimate for how long the key of a note was held.

    A release is a decay that steepens and does not recover. The RMS envelope in dB ends where it
    stays 40 dB below its loudest frame. Two joined lines are fitted by least squares to its last
    half, and if no release is found, to its last three quarters. The joint is the release if the
    second line falls by more than 12 dB/s, by 12 dB/s faster than the first, and by 6 dB in total.
    Otherwise (a percussive sound, or one cut off while held) the whole length counts as held.

    Args:
        audio: Sound from its onset to its end, `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Seconds from the onset.
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


def _bounds(mono: np.ndarray, sr: int) -> tuple[int, int, int]:
    """Return first sample, end of the sound and end to keep of samples `[t]`."""
    frame = round(_FRAME * sr)
    padded = np.pad(mono.astype(np.float64), (0, -len(mono) % frame))
    level = np.sqrt(np.square(padded).reshape(-1, frame).mean(axis=1)) / np.abs(mono).max()
    first = int(np.argmax(level > _ONSET)) * frame - round(_LEAD * sr)
    sounding = min(len(mono), (int(np.flatnonzero(level > _END)[-1]) + 1) * frame)
    return max(0, first), sounding, min(len(mono), sounding + round(_TAIL * sr))


def _mix(samples: np.ndarray, path: Path) -> np.ndarray:
    """Average the channels of samples `[t, c]` to `[t]`, and refuse silence."""
    mono: np.ndarray = samples.mean(axis=1)
    if np.abs(mono).max() < _SILENCE <= np.abs(samples).max():
        raise ExperimentError(
            f"The two channels of {path} cancel out when mixed: export one of them as mono."
        )
    if np.abs(mono).max() < _SILENCE:
        raise ExperimentError(
            f"{path} is silent in the part that was read (below -80 dBFS): give a recording, or a "
            "start and length, with an audible note."
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
