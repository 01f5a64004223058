"""Estimation of the pitch of a recorded note, with its reliability."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
import soxr

from patchwright.cache_folder import cache_folder
from patchwright.compiled import one_at_a_time
from patchwright.objectives.signal.partials import find_partials

_SR = 44_100  # at half of it, pYIN estimates bright notes above MIDI 95 an octave too low
_FRAME, _HOP = 4096, 1024  # longer frames miss bass notes with a wide vibrato
_MIN_F0, _MAX_F0 = 27.5, 4200.0  # Hz: the range of the piano
_RESOLUTION = 0.25  # semitones; finer steps take longer, and YIN refines them anyway
_MAX_SECONDS = 3.0
_VOICED_PROBABILITY = 0.1  # white noise stays at 0.01; 95 % of a note's frames exceed 0.18
_VOICED_SHARE = 0.2
_SOUNDING = 0.01  # -40 dB of the loudest frame
_FALLBACK_NOTE = 60
_VIBRATO = (40.0, 250.0)  # cents between the quartiles; it blurs the partials of a mean spectrum
_SURELY_HARMONIC = 0.95  # share of the amplitude in harmonics, from which a sound is no bell


@dataclass(frozen=True)
class PitchEstimate:
    """An estimated pitch.

    Attributes:
        f0: Fundamental frequency in Hz; None for an unpitched sound.
        note: Nearest MIDI note; 60 if `f0` is None.
        cents: Deviation of `f0` from `note` in cents (A4 = 440 Hz); None if `f0` is None.
        voiced: Share of the sounding frames with a clear pitch, 0 to 1; if `inharmonic`, times the
            share of the partials' amplitude in harmonics of `f0`.
        inharmonic: Whether the partials are not harmonics of one pitch, as those of bells and
            chords, so that `f0` is doubtful.
    """

    f0: float | None
    note: int
    cents: float | None
    voiced: float
    inharmonic: bool = False


def estimate_pitch(audio: np.ndarray, sr: int) -> PitchEstimate:
    """Estimate the pitch of a single note by probabilistic YIN.

    pYIN finds the octave and the voiced frames in steps of 25 cents; YIN refines the pitch near
    that estimate. The partials of the mean spectrum check it: a sub-harmonic is raised to a
    multiple, and a bell has its strike note. Only the loudest 3 s of a longer sound are used.

    Args:
        audio: Samples of the note, `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Median pitch of the voiced frames, if the partials do not contradict; `f0` is None if fewer
        than a fifth are voiced and the sound is not that of a bell.

    Source:
        M. Mauch and S. Dixon, pYIN: a fundamental frequency estimator using probabilistic
        threshold distributions, ICASSP 2014.

    Examples:
        ::

            samples, sr = soundfile.read("note.wav", dtype="float32")
            estimate_pitch(samples, sr).note
    """
    audio = np.asarray(audio, np.float32)
    if sr != _SR:
        audio = soxr.resample(audio, sr, _SR, quality="HQ")
    # librosa's functions are compiled on first use and cached by numba in files; two processes that
    # write them at once can crash
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a process that was stopped holds nobody up
            stack.enter_context(one_at_a_time(cache_folder() / "pitch"))
        return _estimate(_loudest(audio, round(_MAX_SECONDS * _SR)))


def _estimate(audio: np.ndarray) -> PitchEstimate:
    f0, share, moving = _heard(audio)
    partials = find_partials(audio, _SR)
    supported = f0 is not None and (moving or partials.supports(f0))
    sure = supported and (moving or partials.harmonic_share(f0 or 0.0) > _SURELY_HARMONIC)
    strike = None if sure else partials.strike_note()
    f0 = f0 if strike is None else strike
    if f0 is None:
        return PitchEstimate(None, _FALLBACK_NOTE, None, share)
    if strike is None and not supported:
        f0 = partials.raised(f0)
        supported = partials.supports(f0)
    inharmonic = strike is not None or not supported
    if inharmonic:
        share *= partials.harmonic_share(f0)
    midi = 69.0 + 12.0 * np.log2(f0 / 440.0)
    note = round(midi)
    return PitchEstimate(f0, note, float(100.0 * (midi - note)), share, inharmonic)


def _heard(audio: np.ndarray) -> tuple[float | None, float, bool]:
    """Return pYIN's pitch in Hz or None, the share of voiced frames, and whether it moves."""
    import librosa  # here, because it is slow to import

    level = librosa.feature.rms(y=audio, frame_length=_FRAME, hop_length=_HOP)[0]
    if not level.max() > 0.0:
        return None, 0.0, False
    frames, _, probability = librosa.pyin(
        audio,
        fmin=_MIN_F0,
        fmax=_MAX_F0,
        sr=_SR,
        frame_length=_FRAME,
        hop_length=_HOP,
        resolution=_RESOLUTION,
        fill_na=None,
    )
    sounding = level >= _SOUNDING * level.max()
    voiced = sounding & (probability > _VOICED_PROBABILITY)
    share = float(voiced.sum() / sounding.sum())
    if share < _VOICED_SHARE:
        return None, share, False
    coarse = float(np.median(frames[voiced]))
    fine = librosa.yin(
        audio,
        fmin=coarse * 2.0 ** (-3 / 12),
        fmax=coarse * 2.0 ** (3 / 12),
        sr=_SR,
        frame_length=2 * _FRAME,  # longer, because low notes need more periods
        hop_length=_HOP,
    )
    quarter, three = np.percentile(1200.0 * np.log2(frames[voiced]), (25, 75))
    moving = bool(_VIBRATO[0] < three - quarter < _VIBRATO[1])
    return float(np.median(fine[voiced])), share, moving


def _loudest(audio: np.ndarray, length: int) -> np.ndarray:
    """Return the `length` successive samples of `[t]` with the most energy."""
    if len(audio) <= length:
        return audio
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return audio[start : start + length]
