"""Estimation of the pitch of a recorded note, with its reliability."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import soxr

_SR = 44_100  # at half of it, pYIN estimates bright notes above MIDI 95 an octave too low
_FRAME, _HOP = 4096, 1024  # longer frames miss bass notes with a wide vibrato
_MIN_F0, _MAX_F0 = 27.5, 4200.0  # Hz: the range of the piano
_RESOLUTION = 0.25  # semitones; finer steps take longer, and YIN refines them anyway
_MAX_SECONDS = 3.0
_VOICED_PROBABILITY = 0.1  # white noise stays at 0.01; 95 % of a note's frames exceed 0.18
_VOICED_SHARE = 0.2
_SOUNDING = 0.01  # -40 dB of the loudest frame
_FALLBACK_NOTE = 60


@dataclass(frozen=True)
class PitchEstimate:
    """An estimated pitch.

    Attributes:
        f0: Fundamental frequency in Hz; None for an unpitched sound.
        note: Nearest MIDI note; 60 if `f0` is None.
        cents: Deviation of `f0` from `note` in cents (A4 = 440 Hz); None if `f0` is None.
        voiced: Share of the sounding frames with a clear pitch, 0 to 1.
    """

    f0: float | None
    note: int
    cents: float | None
    voiced: float


def estimate_pitch(audio: np.ndarray, sr: int) -> PitchEstimate:
    """Estimate the pitch of a single note by probabilistic YIN.

    pYIN finds the octave and the voiced frames in steps of 25 cents; YIN refines the pitch near
    that estimate. Only the loudest 3 s of a longer sound are used.

    Args:
        audio: Samples of the note, `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Median pitch of the voiced frames; `f0` is None if fewer than a fifth are voiced.

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
    user = os.getuid() if hasattr(os, "getuid") else 0
    with filelock.FileLock(Path(tempfile.gettempdir()) / f"patchwright-pitch-{user}.lock"):
        return _estimate(_loudest(audio, round(_MAX_SECONDS * _SR)))


def _estimate(audio: np.ndarray) -> PitchEstimate:
    import librosa  # here, because it is slow to import

    level = librosa.feature.rms(y=audio, frame_length=_FRAME, hop_length=_HOP)[0]
    if not level.max() > 0.0:
        return PitchEstimate(None, _FALLBACK_NOTE, None, 0.0)
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
        return PitchEstimate(None, _FALLBACK_NOTE, None, share)
    coarse = float(np.median(frames[voiced]))
    fine = librosa.yin(
        audio,
        fmin=coarse * 2.0 ** (-3 / 12),
        fmax=coarse * 2.0 ** (3 / 12),
        sr=_SR,
        frame_length=2 * _FRAME,  # longer, because low notes need more periods
        hop_length=_HOP,
    )
    f0 = float(np.median(fine[voiced]))
    midi = 69.0 + 12.0 * np.log2(f0 / 440.0)
    note = round(midi)
    return PitchEstimate(f0, note, float(100.0 * (midi - note)), share)


def _loudest(audio: np.ndarray, length: int) -> np.ndarray:
    """Return the `length` successive samples of `[t]` with the most energy."""
    if len(audio) <= length:
        return audio
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return audio[start : start + length]
