"""Several recordings of one instrument, each of one note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.named_note import note_in_name
from patchwright.experiments.recordings.recording import Recording, read_recording
from patchwright.synths.performance.notes import pitch_name

MOST = 64
"""Greatest number of recordings."""

_CLEAR = 0.5  # share of a sound with a pitch, from which it can contradict a name


def read_notes(paths: Sequence[Path], *, sr: int) -> list[Recording]:
    """Read notes of one instrument; see `read_recording`.

    A file's name says its pitch (see `note_in_name`); otherwise it is estimated. If all pitches
    that are clearly heard lie the same number of octaves from their names, as where middle C is
    called C3, the names are read so.

    Args:
        paths: Files to read.
        sr: Sample rate of the results in Hz.

    Returns:
        The recordings in the order of the files, with warnings where a name and the sound differ.

    Raises:
        ExperimentError: A file cannot be used, or there are too many.
    """
    if len(paths) > MOST:
        raise ExperimentError(
            f"The target has {len(paths)} recordings: give up to {MOST} that cover its range."
        )
    heard = [read_recording(path, sr=sr) for path in paths]
    named = [note_in_name(path.stem) for path in paths]
    octaves = _octaves(heard, named)
    return [
        _as_named(recording, name if name is None else name + 12 * octaves, octaves)
        for recording, name in zip(heard, named, strict=True)
    ]


def _octaves(heard: Sequence[Recording], named: Sequence[int | None]) -> int:
    """Return how many octaves higher than their names all clear notes are; 0 if they disagree."""
    apart = {
        recording.note - name
        for recording, name in zip(heard, named, strict=True)
        if name is not None and _is_clear(recording)
    }
    if len(apart) != 1:
        return 0
    octaves, rest = divmod(apart.pop(), 12)
    return 0 if rest else octaves


def _is_clear(recording: Recording) -> bool:
    return recording.f0 is not None and (recording.voiced or 0.0) >= _CLEAR


def _as_named(recording: Recording, name: int | None, octaves: int) -> Recording:
    """Return a recording with the note of its name, and a warning if that is not what is heard."""
    if name is None or not 0 <= name <= 127:
        return recording
    apart, file = recording.note - name, recording.path.name
    warnings = tuple(text for text in recording.warnings if "--note" not in text)
    if octaves:
        higher = "higher" if octaves > 0 else "lower"
        warnings += (
            f"{file} is played as {pitch_name(name)}, {12 * abs(octaves)} semitones {higher} than "
            "it is called, as all of these recordings sound.",
        )
    elif apart and _is_clear(recording):
        warnings += (
            f"{file} sounds like {pitch_name(recording.note)} and is played as {pitch_name(name)}, "
            f"as its name says: call it {pitch_name(recording.note)} if that is wrong.",
        )
    cents = None if recording.cents is None else recording.cents + 100.0 * apart
    return replace(recording, note=name, cents=cents, warnings=warnings)
