"""The sound that a run matches: a recording, or what a preset sounds like."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.fft import prev_fast_len

from patchwright.experiments.config import TargetConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.recordings.recording import Recording, read_recording
from patchwright.synths import Note, Performance, Status, Subspace, Synth
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_preset

_NOTE, _DURATION, _TAIL = 60, 1.0, 0.5  # of presets
_DRAWS = 100  # until a random preset sounds
_SOUNDS = 1e-3  # -60 dBFS, of the peak


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A sound to match.

    Attributes:
        recording: The sound itself.
        performance: What every candidate plays.
        preset: The values `[P]` of the run's synth that made it, if known.
    """

    recording: Recording
    performance: Performance
    preset: Array | None = None


def recorded(config: TargetConfig, sr: int) -> Sound:
    """Read a recording.

    Args:
        config: With a path.
        sr: Sample rate of the run in Hz.

    Raises:
        ExperimentError: If the recording is wrong.
    """
    assert config.path is not None  # noqa: S101 - the caller looked
    notes = config.notes
    recording = read_recording(
        config.path,
        sr=sr,
        note=config.note if notes is None else notes[0].pitch,
        duration=config.duration if notes is None else notes[0].duration,
        start=config.start,
        length=config.length,
    )
    # Fourier transforms of a whole sound are several times slower for lengths with large prime
    # factors
    samples = prev_fast_len(recording.audio.shape[1], real=True)
    recording = replace(recording, audio=recording.audio[:, :samples])
    if notes is None:
        held = recording.duration
        notes = (Note(pitch=recording.note, velocity=config.velocity, duration=held),)
    performance = Performance(
        notes=tuple(replace(note, onset=note.onset - notes[0].onset) for note in notes),
        length=samples / sr,
        sr=sr,
        tempo=config.tempo,
    )
    return Sound(recording=recording, performance=performance)


def played(config: TargetConfig, sr: int, synth: Synth, subspace: Subspace) -> Sound:
    """Play a preset.

    Args:
        config: With a preset file, or the seed of a random preset.
        sr: Sample rate of the run in Hz.
        synth: Of the run; plays it if the config names no other.
        subspace: Of the run; random presets are drawn from it, unless of another synth.

    Raises:
        ExperimentError: If it does not sound.
        SynthError: If the preset cannot be read or played.
    """
    if config.synth is not None:
        with open_synth(config.synth) as other:
            space = config.synth.subspace(other.space)
            own = config.model_copy(update={"synth": None})
            return replace(played(own, sr, other, space), preset=None)
    performance = _performance(config, sr)
    draws = _draws(config, synth, subspace)
    for values in draws:
        renders = synth.render(values[np.newaxis], performance)
        audio = renders.audio[0]
        if renders.status[0] == Status.ok and np.abs(audio).max() >= _SOUNDS:
            break
    else:
        raise ExperimentError(
            f"The target {config.name} makes no sound with {synth.name}: give another preset or "
            "seed, or other notes."
        )
    note = performance.notes[0]
    recording = Recording(
        audio=audio,
        sr=sr,
        note=note.pitch,
        f0=None,
        cents=None,
        voiced=None,
        duration=note.duration,
        onset=0.0,
        path=config.preset or Path(config.name),
        sha256=hashlib.sha256(audio.tobytes()).hexdigest(),
        channels=audio.shape[0],
        file_sr=sr,
    )
    return Sound(recording=recording, performance=performance, preset=values)


def _performance(config: TargetConfig, sr: int) -> Performance:
    if config.notes is None:
        pitch = _NOTE if config.note is None else config.note
        held = config.duration or _DURATION
        notes: tuple[Note, ...] = (Note(pitch=pitch, velocity=config.velocity, duration=held),)
    else:
        notes = config.notes
    length = config.length or max(note.end for note in notes) + _TAIL
    samples = prev_fast_len(round(length * sr), real=True)
    return Performance(notes=notes, length=samples / sr, sr=sr, tempo=config.tempo)


def _draws(config: TargetConfig, synth: Synth, subspace: Subspace) -> list[Array]:
    """The presets `[P]` to try, in order."""
    if config.preset is not None:
        return [read_preset(config.preset, synth, name=config.program).values]
    # not the seed alone: (seed, 0) draws the same, and is what a run's calibration draws by
    rng = np.random.default_rng((config.random or 0, 2, 1))
    return list(subspace.decode(subspace.sample(_DRAWS, rng)))
