"""All differences between two sounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.differences.difference import Difference, Differences, gathered
from patchwright.objectives.differences.envelopes import (
    envelope_differences,
    level_differences,
    tremolo_differences,
)
from patchwright.objectives.differences.portrait import Portrait
from patchwright.objectives.differences.space import space_differences
from patchwright.objectives.differences.spectral import spectral_differences
from patchwright.objectives.differences.tones import pitch_differences, vibrato_differences
from patchwright.objectives.signal.loudness import SILENCE
from patchwright.objectives.target import ObjectiveError


def hear_differences(
    target: NDArray[np.floating[Any]],
    sound: NDArray[np.floating[Any]],
    sr: int,
    *,
    notes: int = 1,
    held: float | None = None,
) -> Differences:
    """Compare a sound with a target, as a listener would describe it.

    Pitch, octave, vibrato; partials that only one of them has; balance of bands; noise between
    partials; level; attack, decay, release, length, tremolo; width and place in stereo. A mono
    sound beside a stereo one counts as the same on both sides. Silence is appended to the shorter
    sound.

    Args:
        target: Sound to compare with, `[c, t]`.
        sound: Sound to compare, `[c, t]`.
        sr: Sample rate of both in Hz.
        notes: Number of notes that are played; of several, what belongs to one note is not
            compared: pitch, vibrato and the shape of the loudness.
        held: Seconds from the start for which the key of the note was held; None if unknown.

    Returns:
        The differences, each by its just noticeable difference. They depend on the two sounds
        alone.

    Raises:
        ObjectiveError: The sample rate is below 4 kHz, or a sound is empty or not finite.

    Examples:
        >>> time = np.arange(44_100) / 44_100
        >>> note = 0.1 * sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 12))
        >>> foreign = note + 0.06 * np.sin(2 * np.pi * 854 * time)
        >>> hear_differences(note[None], foreign[None], 44_100).sentence()
        'pitch right; a partial at 854 Hz, 4 dB below the strongest, that the target has not'
    """
    for audio in (target, sound):
        if not audio.size or not np.isfinite(audio).all():
            raise ObjectiveError("A sound is empty or not finite: give sounds that can be heard.")
    one, other = (_without_offset(audio) for audio in (target, sound))
    stereo = len(one) == len(other) == 2
    if len(one) != len(other):
        channels = max(len(one), len(other))
        one, other = (_on_channels(audio, channels) for audio in (one, other))
    samples = max(one.shape[1], other.shape[1])
    wanted, found = (
        Portrait(np.pad(audio, ((0, 0), (0, samples - audio.shape[1]))), sr)
        for audio in (one, other)
    )
    measured = level_differences(wanted, found)
    if min(wanted.loudness, found.loudness) <= SILENCE:
        return gathered([_silence(measured[0])])
    if notes == 1:
        measured += pitch_differences(wanted, found)
        measured += vibrato_differences(wanted, found)
        measured += envelope_differences(wanted, found, held)
        measured += tremolo_differences(wanted, found, held)
    measured += spectral_differences(wanted, found, single=notes == 1)
    if stereo:
        measured += space_differences(wanted, found)
    return gathered(measured)


def _without_offset(audio: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Remove direct current, which is not heard, from a sound `[c, t]`."""
    samples = np.asarray(audio, np.float64)
    return np.asarray(samples - samples.mean(1, keepdims=True))


def _on_channels(audio: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Play the mix of a sound `[c, t]` on each of `channels`, unless it has as many."""
    if len(audio) == channels:
        return audio
    return np.repeat(audio.mean(0, keepdims=True), channels, axis=0)


def _silence(level: Difference) -> Difference:
    """Name the difference in level of two sounds of which one is silent."""
    text = "sounds, where the target is silent" if level.amount > 0 else "silent"
    return Difference(
        what=level.what,
        text=text,
        amount=level.amount,
        unit=level.unit,
        plainness=level.plainness,
        detail=level.detail,
    )
