"""What a run works with, looked up and read from its config."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patchwright.experiments.config import ExperimentConfig, ObjectiveConfig
from patchwright.experiments.config.registry import check_options, find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.descriptors import searched_descriptors
from patchwright.experiments.match.evaluator import Evaluator
from patchwright.experiments.match.open_synth import open_synth
from patchwright.experiments.match.target import played, recorded
from patchwright.experiments.recordings.recording import Recording
from patchwright.experiments.store import RenderStore
from patchwright.objectives import OBJECTIVES, Objective, ObjectiveSet, Target, Viewed
from patchwright.objectives.metrics import measurable_metrics
from patchwright.objectives.descriptors import DESCRIPTORS, describe
from patchwright.objectives.residuals import Residuals
from patchwright.search import OPTIMIZERS, Descriptors, Optimizer
from patchwright.synths import Performance, Subspace, Synth
from patchwright.synths.parameters import Array
from patchwright.synths.presets.files import read_preset


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a run works with.

    Attributes:
        recording: That is matched.
        truth: The preset `[P]` that made it, if it was one of this synth.
        synth: That matches it.
        subspace: Of its free parameters.
        performance: What every candidate plays.
        objectives: Prepared for the recording.
        descriptors: That are measured besides, and the constraints on them.
        method: Class of the optimizer.
        workers: Threads, and processes of a plugin.
    """

    recording: Recording
    truth: Array | None
    synth: Synth
    subspace: Subspace
    performance: Performance
    objectives: ObjectiveSet
    descriptors: Descriptors
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

    def evaluator(self, store: RenderStore | None = None) -> Evaluator:
        """What scores genotypes, with one thread a worker; with a store it keeps the renders."""
        return Evaluator(
            self.synth,
            self.subspace,
            self.performance,
            self.objectives,
            workers=self.workers,
            descriptors=[DESCRIPTORS[name] for name in self.descriptors.names],
            residuals=Residuals(self.objectives.target) if self.method.residuals else None,
            store=store,
        )

    def optimizer(self, config: ExperimentConfig, initial: Array | None = None) -> Optimizer:
        """Make what searches, as a config says.

        Args:
            config: That this was prepared for.
            initial: Genotypes `[k, d]` to start from, the best first.

        Raises:
            SearchError: If it does not take an option's value, or so many objectives.
        """
        return self.method(
            self.subspace,
            len(self.objectives.names),
            seed=int(np.random.default_rng((config.seed, 1)).integers(2**31)),
            initial=initial,
            budget=config.search.renders,
            **config.search.options,
        )

    def described(self, audio: np.ndarray) -> dict[str, float]:
        """The values of a sound `[c, t]` that its descriptors have."""
        names = self.descriptors.names
        measured = [DESCRIPTORS[name] for name in names]
        return named(names, describe(audio[np.newaxis], self.performance.sr, measured)[0])

    def other_metrics(self) -> ObjectiveSet:
        """The built-in distances that can measure the target and are not optimised."""
        others = {
            name: OBJECTIVES[name] for name in OBJECTIVES if name not in self.objectives.names
        }
        return measurable_metrics(self.objectives.target, others)

    def scores(self, genotypes: Array, metrics: ObjectiveSet) -> Array:
        """Distances `[n, m]` of genotypes `[n, d]` by metrics that are not optimised."""
        with Evaluator(
            self.synth, self.subspace, self.performance, metrics, workers=self.workers
        ) as evaluate:
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
        SearchError: If the method does not take an option's value, or so many objectives.
    """
    search = config.search
    method = find("optimizer", search.method, OPTIMIZERS)
    if (mend := method.missing()) is not None:
        raise ExperimentError(f"{search.method} cannot be used: {mend}")
    check_options("optimizer", search.method, method, search.options)
    objectives = [open_objective(objective) for objective in config.objectives]
    workers = workers or os.cpu_count() or 1
    # a recording that is wrong is told of before a plugin is loaded
    sound = None if config.target.path is None else recorded(config.target, config.sr)
    with contextlib.ExitStack() as failing:
        synth = open_synth(config.synth, workers=workers)
        failing.callback(synth.close)
        subspace = config.synth.subspace(synth.space)
        if sound is None:
            sound = played(config.target, config.sr, synth, subspace)
        setup = Setup(
            recording=sound.recording,
            truth=sound.preset,
            synth=synth,
            subspace=subspace,
            performance=sound.performance,
            objectives=ObjectiveSet(objectives, Target(sound.recording.audio, config.sr)),
            descriptors=searched_descriptors(config, method),
            method=method,
            workers=workers,
        )
        setup.optimizer(config)  # what it refuses is told of before anything is rendered
        failing.pop_all()
    return setup


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


def named(names: Sequence[str], numbers: Array) -> dict[str, float]:
    """Pair names `[m]` with numbers `[m]`."""
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
