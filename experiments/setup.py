"""What a run works with, looked up and read from its config."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.fft import prev_fast_len

from experiments.config import ExperimentConfig, ObjectiveConfig, TargetConfig
from experiments.errors import ExperimentError
from experiments.evaluator import Evaluator
from experiments.open_synth import open_synth
from experiments.recording import Recording, read_recording
from experiments.registry import check_options, find
from objectives import OBJECTIVES, Objective, ObjectiveError, ObjectiveSet, Target, Viewed
from objectives.calibration import metrics_of
from search import OPTIMIZERS, Optimizer
from synths import Note, Performance, Subspace, Synth, SynthError, parse_notes
from synths.notes import in_order
from synths.parameters import Array
from synths.presets.files import read_preset


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a run works with.

    Attributes:
        recording: That is matched.
        synth: That matches it.
        subspace: Of its free parameters.
        performance: What every candidate plays.
        objectives: Prepared for the recording.
        method: Class of the optimizer.
        workers: Threads, and processes of a plugin.
    """

    recording: Recording
    synth: Synth
    subspace: Subspace
    performance: Performance
    objectives: ObjectiveSet
    method: type[Optimizer]
    workers: int

    def __enter__(self) -> "Setup":
        return self

    def __exit__(self, *exception: object) -> None:
        self.synth.close()

    def render(self, preset: Path) -> np.ndarray:
        """Audio `[c, t]` of a preset file."""
        values = read_preset(preset, self.synth).values[np.newaxis]
        return np.asarray(self.synth.render(values, self.performance).audio[0])

    def sentence(self) -> str:
        """Say for people what was found of the target."""
        several = len(self.performance.notes)
        if several == 1:
            return self.recording.sentence()
        length = self.performance.length
        return f"{self.recording.path.name}: {several} notes, as given; {length:.2f} s."

    def evaluator(self) -> Evaluator:
        """What scores genotypes, with one thread a worker."""
        return Evaluator(
            self.synth, self.subspace, self.performance, self.objectives, workers=self.workers
        )

    def other_metrics(self) -> ObjectiveSet:
        """The built-in distances that can measure the target and are not optimised."""
        others = {
            name: OBJECTIVES[name] for name in OBJECTIVES if name not in self.objectives.names
        }
        return metrics_of(self.objectives.target, others)

    def scores(self, genotypes: Array, metrics: ObjectiveSet) -> Array:
        """Distances `[n, m]` of genotypes `[n, d]` by metrics that are not optimised."""
        with replace(self, objectives=metrics).evaluator() as evaluate:
            return evaluate(genotypes).scores

    def noise_floor(self, preset: Path, audio: np.ndarray, metrics: ObjectiveSet) -> Array:
        """Distances `[m]` between two renders of one preset."""
        again = self.render(preset)
        if np.array_equal(again, audio):
            return np.zeros(len(metrics.names))
        heard = ObjectiveSet(metrics.objectives, Target(audio, metrics.target.sr))
        return np.asarray(heard.score(again[np.newaxis])[0])


def prepare(config: ExperimentConfig, *, workers: int | None = None) -> Setup:
    """Look up and read what a config names.

    Args:
        config: Of an experiment.
        workers: Threads, and processes of a plugin; one a core if None.

    Returns:
        What the run works with; use it as a context manager, because it may hold processes.

    Raises:
        ExperimentError: If a name, an option or the target is wrong.
        SynthError: If the locks are wrong.
        ObjectiveError: If an objective cannot measure the target.
    """
    search = config.search
    method = find("optimizer", search.method, OPTIMIZERS)
    check_options("optimizer", search.method, method, search.options)
    objectives = [open_objective(objective) for objective in config.objectives]
    known = config.target
    if known.notes is not None:
        first = in_order(parse_notes(known.notes))[0]
        known = known.model_copy(update={"note": first.pitch, "duration": first.duration})
    recording = read_recording(
        config.target.path,
        sr=config.sr,
        note=known.note,
        duration=known.duration,
        start=config.target.start,
        length=config.target.length,
    )
    # whole-length Fourier transforms are several times slower for lengths with large prime factors
    samples = prev_fast_len(recording.audio.shape[1], real=True)
    recording = replace(recording, audio=recording.audio[:, :samples])
    performance = Performance(
        notes=played_notes(config.target, recording),
        length=samples / config.sr,
        sr=config.sr,
        tempo=config.target.tempo,
    )
    prepared = ObjectiveSet(objectives, Target(recording.audio, config.sr))
    workers = workers or os.cpu_count() or 1
    synth = open_synth(config.synth, workers=workers)
    try:
        subspace = synth.space.lock(config.synth.lock, free=config.synth.free)
    except SynthError:
        synth.close()
        raise
    return Setup(
        recording=recording,
        synth=synth,
        subspace=subspace,
        performance=performance,
        objectives=prepared,
        method=method,
        workers=workers,
    )


def open_objective(config: ObjectiveConfig) -> Objective:
    """Make the objective that a config names.

    Raises:
        ExperimentError: If there is none of that name, or it has no such option.
        ObjectiveError: If it does not take an option's value.
    """
    cls = find("objective", config.name, OBJECTIVES)
    if config.label in OBJECTIVES:
        raise ExperimentError(
            f"The label {config.label!r} is the name of a distance: choose another one."
        )
    check_options("objective", config.name, cls, config.options)
    return Viewed(cls(**config.options), config.view, name=config.title)


def played_notes(target: TargetConfig, recording: Recording) -> tuple[Note, ...]:
    """The notes that every candidate plays, the first at the recording's onset."""
    if target.notes is None:
        held = recording.duration
        return (Note(pitch=recording.note, velocity=target.velocity, duration=held),)
    notes = in_order(parse_notes(target.notes))
    return tuple(replace(note, onset=note.onset - notes[0].onset) for note in notes)


def named(names: Sequence[str], numbers: Array) -> dict[str, float]:
    """Pair names `[m]` with numbers `[m]`."""
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
