"""Preparation of a run: the target, synth, objectives and method that its config names."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from patchwright.experiments.config import ExperimentConfig, ObjectiveConfig, SearchConfig
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.descriptor_space import searched_descriptors
from patchwright.experiments.match.evaluator import Evaluator, Measure
from patchwright.experiments.match.guide import METHODS, choose_method
from patchwright.experiments.match.match_target import MatchTarget, recorded, rendered
from patchwright.experiments.match.open_synth import hardware_of, open_synth, pool_of
from patchwright.experiments.match.predictor import find_predictor
from patchwright.experiments.records.versions import versions
from patchwright.experiments.store import RenderStore
from patchwright.objectives import (
    OBJECTIVES,
    Objective,
    ObjectiveError,
    ObjectiveSet,
    Target,
    Viewed,
)
from patchwright.objectives.descriptors import DESCRIPTORS, describe
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import installed_networks
from patchwright.objectives.metrics import measurable_metrics
from patchwright.objectives.residuals import Residuals
from patchwright.objectives.view import WHOLE
from patchwright.search import DescriptorSpace, Optimizer
from patchwright.surrogates.assisted import Guide, Predictor
from patchwright.synths import Performance, Subspace, Synth
from patchwright.synths.hardware.address import is_hardware
from patchwright.synths.hardware.synth import HardwareSynth
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.sound_check import check_sound
from patchwright.synths.presets.files import read_preset
from patchwright.synths.priors.named import find_prior
from patchwright.synths.priors.within import with_prior


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The parts of a run; a context manager, which closes the synth.

    Attributes:
        config: Config of the run.
        target: Sound to match.
        synth: Synth that matches it.
        subspace: The synth's free parameters, with the prior of the search.
        objectives: Objectives, prepared for the target.
        finalists: Distances by which the answer is chosen among the nearest presets of the front,
            prepared for the target; None for none.
        descriptors: Descriptors to measure, and their constraints.
        method: Class of the optimizer.
        guide: Model that helps the optimizer; None if none does.
        predictor: Estimator whose samples the optimizer takes; None if it takes none.
        workers: Number of threads, and of processes of a plugin.
    """

    config: ExperimentConfig
    target: MatchTarget
    synth: Synth
    subspace: Subspace
    objectives: ObjectiveSet
    finalists: ObjectiveSet | None
    descriptors: DescriptorSpace
    method: type[Optimizer]
    guide: Guide | None
    predictor: Predictor | None
    workers: int

    @property
    def performance(self) -> Performance:
        """Notes, length and sample rate of every candidate."""
        return self.target.performance

    @property
    def versions(self) -> dict[str, str]:
        """Versions that the bits depend on, that of the model included."""
        models = {"model": self.guide, "estimator": self.predictor}
        used = {name: model.version for name, model in models.items() if model is not None}
        return versions(self.synth) | {name: version for name, version in used.items() if version}

    def __enter__(self) -> "Setup":
        return self

    def __exit__(self, *exception: object) -> None:
        self.synth.close()

    def render(self, preset: Path, *, again: bool = False) -> np.ndarray:
        """Render a preset file, and return its audio `[c, t]`.

        Args:
            preset: Preset file.
            again: Whether a hardware synth plays it again, although its sound is kept.
        """
        values = read_preset(preset, self.synth).values[np.newaxis]
        if again and isinstance(self.synth, HardwareSynth):
            return np.asarray(self.synth.record(values, self.performance).audio[0])
        return np.asarray(self.synth.render(values, self.performance).audio[0])

    def evaluator(self, store: RenderStore | None = None) -> Evaluator:
        """Make the evaluator of genotypes, with one thread per worker.

        Args:
            store: Store that keeps the renders; None for none.
        """
        return Evaluator(
            self.synth,
            self.subspace,
            self.performance,
            self.objectives,
            workers=self.workers,
            descriptors=[DESCRIPTORS[name] for name in self.descriptors.names],
            residuals=self.residuals,
            store=store,
        )

    @property
    def residuals(self) -> Measure | None:
        """Measure of what the optimizer learns from besides scores; None if from nothing."""
        if self.guide is not None:
            return self.guide.representation
        return Residuals(self.objectives.target) if self.method.learns_from_residuals else None

    def optimizer(self, initial: Array | None = None) -> Optimizer:
        """Make the optimizer.

        Args:
            initial: Genotypes `[k, d]` to start from, the best first.

        Raises:
            SearchError: If it rejects an option's value, or the number of objectives.
        """
        search = self.config.search
        return self.method(
            self.subspace,
            len(self.objectives.names),
            seed=int(np.random.default_rng((self.config.seed, 1)).integers(2**31)),
            initial=initial,
            budget=search.renders,
            **({} if self.guide is None else {"guide": self.guide}),
            **({} if self.predictor is None else {"predictor": self.predictor}),
            **search.options,
        )

    def described(self, audio: np.ndarray) -> dict[str, float]:
        """Measure the descriptors of a sound `[c, t]`."""
        names = self.descriptors.names
        measured = [DESCRIPTORS[name] for name in names]
        return named(names, describe(audio[np.newaxis], self.performance.sr, measured)[0])

    def other_metrics(self) -> ObjectiveSet:
        """Prepare the built-in distances that can measure the target and are not optimised."""
        others = {
            name: OBJECTIVES[name] for name in OBJECTIVES if name not in self.objectives.names
        }
        return measurable_metrics(self.objectives.target, others)

    def scores(self, genotypes: Array, metrics: ObjectiveSet) -> Array:
        """Score genotypes `[n, d]` by metrics that are not optimised, and return `[n, m]`."""
        with Evaluator(
            self.synth, self.subspace, self.performance, metrics, workers=self.workers
        ) as evaluate:
            return evaluate(genotypes).scores

    def noise_floor(self, preset: Path, audio: np.ndarray, metrics: ObjectiveSet) -> Array:
        """Return distances `[m]` between `audio` `[c, t]` and another render of its preset.

        They are NaN where a metric cannot measure that sound.
        """
        again = self.render(preset, again=True)
        if np.array_equal(again, audio):
            return np.zeros(len(metrics.names))
        heard = Target(audio, metrics.target.sr, metrics.target.parts)
        return np.array([_noise(metric, heard, again) for metric in metrics.objectives])


def prepare(config: ExperimentConfig, *, workers: int | None = None) -> Setup:
    """Read the target, open the synth, and look up the objectives and the method of a config.

    Args:
        config: Config of an experiment.
        workers: Number of threads, and of processes of a plugin. Default: one per core.

    Returns:
        The parts of the run; close them after use.

    Raises:
        ExperimentError: If a name, an option or the target is wrong.
        SynthError: If the locks or the prior are wrong, or the synth is a plugin that makes no
            sound.
        ObjectiveError: If an objective cannot measure the target.
        SearchError: If the method rejects an option's value, or the number of objectives.
    """
    torch.set_num_threads(1)  # as for the candidates: threads change the bits of transforms
    search = config.search
    method = find("optimizer", search.method, METHODS, search.options)
    if (mend := method.missing()) is not None:
        raise ExperimentError(f"{search.method} cannot be used: {mend}")
    objectives = [open_objective(objective) for objective in config.objectives]
    ears = open_finalists(search)
    workers = workers or os.cpu_count() or 1
    if is_hardware(config.synth.name):
        workers = 1  # it plays one preset at a time
    # a faulty recording is reported before a plugin is loaded
    target = recorded(config.target, config.sr) if config.target.recorded else None
    with contextlib.ExitStack() as failing:
        synth = open_synth(config.synth, workers=workers)
        failing.callback(synth.close)
        prior = find_prior(search.prior, synth.space, synth.name)
        if (pool := pool_of(synth)) is not None:
            check_sound(pool)
        if (hardware := hardware_of(synth)) is not None:
            hardware.check(config.sr)
        subspace = config.synth.subspace(synth.space)
        if target is None:
            target = rendered(config.target, config.sr, synth, subspace)
        if prior is not None:  # not for the target: it stays the same whatever the prior
            subspace = with_prior(subspace, prior)
        method, guide = choose_method(config, method, synth, subspace, target)
        setup = Setup(
            config=config,
            target=target,
            synth=synth,
            subspace=subspace,
            objectives=ObjectiveSet(objectives, target.sound),
            finalists=ObjectiveSet(ears, target.sound) if ears else None,
            descriptors=searched_descriptors(config, method),
            method=method,
            guide=guide,
            predictor=find_predictor(config, method, synth, subspace, target),
            workers=workers,
        )
        setup.optimizer()  # so that rejected options are reported before anything is rendered
        failing.pop_all()
    return setup


def _noise(metric: Objective, heard: Target, again: np.ndarray) -> float:
    """Return the distance of a sound `[c, t]` to another; NaN if it cannot be measured."""
    try:
        return float(ObjectiveSet([metric], heard).score(again[np.newaxis])[0, 0])
    except ObjectiveError:  # such as a pitch that the answer lacks
        return np.nan


def open_objective(config: ObjectiveConfig) -> Objective:
    """Make the objective that a config names.

    Raises:
        ExperimentError: If the name or an option is unknown.
        ObjectiveError: If it rejects an option's value.
    """
    cls = find("objective", config.name, OBJECTIVES, config.options)
    if config.label in OBJECTIVES:
        raise ExperimentError(
            f"The label {config.label!r} is the name of a distance: choose another one."
        )
    return Viewed(cls(**config.options), config.view, name=config.title)


def open_finalists(config: SearchConfig) -> list[Objective]:
    """Make the distances of the embeddings that take part in the choice of the answer.

    Raises:
        ObjectiveError: If one is unknown, or its model is missing.
    """
    names = [*installed_networks()] if config.finalists == "auto" else config.finalists
    return [Viewed(EmbeddingDistance(name, distance="cosine"), WHOLE, name=name) for name in names]


def named(names: Sequence[str], numbers: Array) -> dict[str, float]:
    """Map names `[m]` to numbers `[m]`."""
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
