"""What a run works with, looked up and read from its config."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.fft import prev_fast_len

from experiments.config import ExperimentConfig
from experiments.evaluator import Evaluator
from experiments.recording import Recording, read_recording
from experiments.registry import check_options, find
from objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Target
from search import OPTIMIZERS, Optimizer
from synths import Note, Performance, Preset, Subspace, Synth
from synths.builtin import SYNTHS
from synths.parameters import Array


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
    """

    recording: Recording
    synth: Synth
    subspace: Subspace
    performance: Performance
    objectives: ObjectiveSet
    method: type[Optimizer]

    def render(self, preset: Path) -> np.ndarray:
        """Audio `[c, t]` of a preset file."""
        values = Preset.read(preset, self.synth.name, self.synth.space).values[np.newaxis]
        return np.asarray(self.synth.render(values, self.performance).audio[0])

    def evaluator(self, workers: int | None = None) -> Evaluator:
        """What scores genotypes, with one thread a core or as many as are asked for."""
        return Evaluator(
            self.synth,
            self.subspace,
            self.performance,
            self.objectives,
            workers=workers or os.cpu_count() or 1,
        )

    def metrics(self, audio: np.ndarray) -> dict[str, float]:
        """Every built-in distance that can measure the target, optimised or not."""
        found = {}
        for name, cls in OBJECTIVES.items():
            with contextlib.suppress(ObjectiveError):  # the target is too short for some
                alone = ObjectiveSet([cls()], self.objectives.target)
                found[name] = float(alone.score(audio[np.newaxis])[0, 0])
        return found

    def noise_floor(self, preset: Path, audio: np.ndarray) -> dict[str, float]:
        """Distances between two renders of one preset."""
        floor = ObjectiveSet(self.objectives.objectives, Target(audio, self.objectives.target.sr))
        return named(floor.names, floor.score(self.render(preset)[np.newaxis])[0])


def prepare(config: ExperimentConfig) -> Setup:
    """Look up and read what a config names.

    Args:
        config: Of an experiment.

    Returns:
        What the run works with.

    Raises:
        ExperimentError: If a name, an option or the target is wrong.
        SynthError: If the locks are wrong.
        ObjectiveError: If an objective cannot measure the target.
    """
    search = config.search
    method = find("optimizer", search.method, OPTIMIZERS)
    check_options("optimizer", search.method, method, search.options)
    objectives = [find("objective", name, OBJECTIVES)() for name in config.objectives]
    synth = find("synth", config.synth.name, SYNTHS)()
    subspace = synth.space.lock(config.synth.lock, free=config.synth.free)
    recording = read_recording(
        config.target.path,
        sr=config.sr,
        note=config.target.note,
        duration=config.target.duration,
        start=config.target.start,
        length=config.target.length,
    )
    # whole-length Fourier transforms are several times slower for lengths with large prime factors
    samples = prev_fast_len(recording.audio.shape[1], real=True)
    recording = replace(recording, audio=recording.audio[:, :samples])
    note = Note(pitch=recording.note, velocity=config.target.velocity, duration=recording.duration)
    return Setup(
        recording=recording,
        synth=synth,
        subspace=subspace,
        performance=Performance(notes=(note,), length=samples / config.sr, sr=config.sr),
        objectives=ObjectiveSet(objectives, Target(recording.audio, config.sr)),
        method=method,
    )


def named(names: Sequence[str], numbers: Array) -> dict[str, float]:
    """Pair names `[m]` with numbers `[m]`."""
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
