"""The pitch of a recorded note, and how far it is to be trusted."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import soxr

_SR = 44_100  # at half of it pYIN hears bright notes from MIDI 96 an octave low
_FRAME, _HOP = 4096, 1024  # twice as long a frame loses bass notes with a wide vibrato
_LOWEST, _HIGHEST = 27.5, 4200.0  # Hz: the piano's keys
_RESOLUTION = 0.25  # semitones; finer steps take longer, and YIN refines them anyway
_LONGEST = 3.0  # s
_VOICED_PROBABILITY = 0.1  # white noise stays at 0.01; of a note, 95 % of frames pass 0.18
_VOICED_SHARE = 0.2
_SOUNDING = 0.01  # -40 dB of the loudest frame
_FALLBACK_NOTE = 60


@dataclass(frozen=True)
class PitchEstimate:
    """What was heard.

    Attributes:
        f0: the fundamental in Hz, or None for an unpitched sound.
        note: the nearest MIDI note; 60 where `f0` is None.
        cents: how far `f0` lies above `note` (A4 = 440 Hz), or None.
        voiced: the share of the sounding frames that have a clear pitch, 0 to 1.
    """

    f0: float | None
    note: int
    cents: float | None
    voiced: float


def estimate_pitch(audio: np.ndarray, sr: int) -> PitchEstimate:
    """Estimate the one pitch of a note by probabilistic YIN.

    pYIN (Mauch and Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold
    distributions", ICASSP 2014) finds the octave and the voiced frames; its pitch is refined from
    steps of 25 cents by YIN near that pitch. Of a sound longer than 3 s the loudest 3 s are heard.

    Args:
        audio: the note, `[t]`.
        sr: its sample rate in Hz.

    Returns:
        The median pitch of the voiced frames; `f0` is None if fewer than a fifth are voiced.
    """
    audio = np.asarray(audio, np.float32)
    if sr != _SR:
        audio = soxr.resample(audio, sr, _SR, quality="HQ")
    # librosa's functions are compiled when they are first used, and numba keeps them in files that
    # two processes must not write at once: one of them then crashes
    user = os.getuid() if hasattr(os, "getuid") else 0
    with filelock.FileLock(Path(tempfile.gettempdir()) / f"patchwright-pitch-{user}.lock"):
        return _estimate(_loudest(audio, round(_LONGEST * _SR)))


def _estimate(audio: np.ndarray) -> PitchEstimate:
    import librosa  # here, because it is slow to import

    level = librosa.feature.rms(y=audio, frame_length=_FRAME, hop_length=_HOP)[0]
    if not level.max() > 0.0:
        return PitchEstimate(None, _FALLBACK_NOTE, None, 0.0)
    frames, _, probability = librosa.pyin(
        audio,
        fmin=_LOWEST,
        fmax=_HIGHEST,
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
        frame_length=2 * _FRAME,  # longer, because the lowest notes need more periods
        hop_length=_HOP,
    )
    f0 = float(np.median(fine[voiced]))
    midi = 69.0 + 12.0 * np.log2(f0 / 440.0)
    note = round(midi)
    return PitchEstimate(f0, note, float(100.0 * (midi - note)), share)


def _loudest(audio: np.ndarray, length: int) -> np.ndarray:
    """The `length` samples with the most energy, `[t]` to `[min(t, length)]`."""
    if len(audio) <= length:
        return audio
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    start = int(np.argmax(energy[length:] - energy[:-length]))
    return audio[start : start + length]
