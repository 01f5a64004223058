"""The sounds of the hearing test: recorded notes, notes of the built-in synths, and a folder's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from patchwright.experiments.config.target import SOUND_SUFFIXES
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.recording import read_recording
from patchwright.experiments.trust.hearing.notes import Notes
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_preset
from patchwright.synths.yaml_file import parse_yaml

_TARGETS = Path(__file__).parents[2] / "targets"
_DECLARED = Path(__file__).parent / "sounds.yaml"

_FADE = 0.02  # s, at the end of sounds that are cut
_HELD = 0.7  # share of the length for which a synth's key is held


def recorded_notes(paths: Sequence[Path], *, seconds: float, sr: int) -> Notes:
    """Read recordings of notes, and estimate their pitch.

    Args:
        paths: Recordings; their names without the suffix are the names of the sounds.
        seconds: Length; longer sounds are cut and shorter ones padded with silence.
        sr: Sample rate in Hz.

    Raises:
        ExperimentError: If a recording cannot be used.
    """
    notes = [read_recording(path, sr=sr) for path in paths]
    return Notes(
        tuple(path.stem for path in paths),
        _of_length([note.audio[0] for note in notes], seconds, sr),
        np.array([np.nan if note.f0 is None else note.f0 for note in notes]),
        sr,
    )


def sample_notes(folder: Path | None = None, *, seconds: float, sr: int) -> Notes:
    """Return the recorded notes and the synths' notes that come with Patchwright.

    Args:
        folder: Folder whose recordings follow them; None for none.
        seconds: Length; see `recorded_notes`.
        sr: Sample rate in Hz.

    Raises:
        ExperimentError: If there are no recordings in the folder, or one cannot be used.
    """
    paths = [] if folder is None else sorted(_recordings(folder))
    declared = parse_yaml(_DECLARED.read_text(encoding="utf-8"))
    shipped = Notes(
        tuple(each["name"] for each in declared),
        _of_length([_declared(each, seconds, sr) for each in declared], seconds, sr),
        np.array([each["f0"] for each in declared]),
        sr,
    )
    parts = [shipped, *([recorded_notes(paths, seconds=seconds, sr=sr)] if paths else [])]
    return Notes(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.audio for part in parts]),
        np.concatenate([part.f0 for part in parts]),
        sr,
    )


def _recordings(folder: Path) -> list[Path]:
    paths = [path for path in folder.glob("*") if path.suffix.lower() in SOUND_SUFFIXES]
    if not paths:
        raise ExperimentError(
            f"{folder} holds no recordings: give a folder with WAV, FLAC, OGG or MP3 files."
        )
    return paths


def _declared(declared: dict[str, Any], seconds: float, sr: int) -> Array:
    """Read or render a sound that `sounds.yaml` declares: samples `[t]`."""
    if "recording" in declared:
        path = _TARGETS / declared["recording"]
        return np.asarray(read_recording(path, sr=sr, note=60, duration=1.0).audio[0], np.float64)
    with SYNTHS[declared["synth"]]() as synth:
        if isinstance(declared["preset"], str):
            values = read_preset(_TARGETS / declared["preset"], synth).values[np.newaxis]
        else:
            values = synth.space.values([declared["preset"]])
        note = Note(pitch=declared["note"], duration=_HELD * seconds)
        renders = synth.render(values, Performance(notes=(note,), length=seconds, sr=sr))
    return np.asarray(renders.audio[0].mean(axis=0), np.float64)


def _of_length(sounds: Sequence[Array], seconds: float, sr: int) -> Array:
    """Cut sounds `[t]` with a fade, or append silence: `[n, samples]`."""
    length, fade = round(seconds * sr), round(_FADE * sr)
    rows = np.zeros((len(sounds), length))
    for row, sound in zip(rows, sounds, strict=True):
        row[: len(sound)] = sound[:length]
        if len(sound) > length:
            row[-fade:] *= np.linspace(1.0, 0.0, fade)
    return rows
