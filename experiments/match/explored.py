"""The parameters of a plugin that a match moves if no lock is given: those that matter most."""

from collections.abc import Callable
from pathlib import Path

import torch

from patchwright.experiments.config import ExperimentConfig, SynthConfig
from patchwright.experiments.config.objective import ObjectiveConfig
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.open_synth import open_synth, plugin_spec
from patchwright.experiments.match.setup import open_objective
from patchwright.experiments.trust.exploration import (
    EXPLORATIONS,
    STATES,
    Exploration,
    explore,
)
from patchwright.synths.plugins.address import is_plugin
from patchwright.synths.plugins.qualify import PERFORMANCE
from patchwright.synths.plugins.spec import PluginSpec

FREE = 32
"""Number of parameters that a match of a plugin moves if no lock is given."""

Progress = Callable[[int, int], None]


def explored(
    config: SynthConfig,
    objectives: list[ObjectiveConfig],
    *,
    states: int = STATES,
    seed: int = 0,
    again: bool = False,
    workers: int = 1,
    progress: Progress = lambda done, total: None,
) -> Exploration:
    """Explore a synth, or read its last exploration.

    Args:
        config: Synth; its locks and the effects behind it do not count.
        objectives: Distances that measure the effects.
        states: Number of states to explore around.
        seed: Seed of every random choice.
        again: Whether to ignore the last exploration.
        workers: Number of processes of a plugin.
        progress: Called with the number of states that are done, and of all.

    Returns:
        The effects of its parameters, stored for the next call if it is a plugin.

    Raises:
        ExperimentError: If hardly a preset is audible.
        SynthError: If the plugin does not load.
    """
    config = config.instrument or config  # effects behind it are not explored
    spec = plugin_spec(config)
    titles = [objective.title for objective in objectives]
    path = None if spec is None else _path(spec, titles, states, seed)
    known = None if again or path is None else EXPLORATIONS.read(path)
    if known is not None:
        return known
    torch.set_num_threads(1)  # the pool and the distances share the cores
    distances = [open_objective(objective) for objective in objectives]
    with open_synth(config, workers=workers) as synth:
        found = explore(synth, PERFORMANCE, distances, states=states, seed=seed, progress=progress)
    if path is not None:
        EXPLORATIONS.write(path, found)
    return found


def is_unlocked(config: SynthConfig) -> bool:
    """Return whether a synth is a plugin whose config says nothing of its free parameters."""
    plugin = config.host is not None or is_plugin(config.name)
    return plugin and not config.lock and config.free is None and not config.limit


def with_free(
    config: ExperimentConfig, n: int, *, workers: int = 1, progress: Progress
) -> tuple[ExperimentConfig, Exploration]:
    """Free the `n` parameters of a plugin that matter most, and lock all others.

    Args:
        config: Experiment with a plugin.
        n: Number of free parameters, at least 1.
        workers: Number of processes of the plugin.
        progress: Called with the number of states that are done, and of all.

    Returns:
        The experiment with these parameters by name, and the exploration.

    Raises:
        ExperimentError: If no parameter changes the sound.
    """
    if n < 1:
        raise ExperimentError(f"At least one parameter must be free, not {n}: raise --free.")
    found = explored(config.synth, config.objectives, workers=workers, progress=progress)
    free = found.choose(n)
    if not free:
        raise ExperimentError(
            f"No parameter of {config.synth.name} changes the sound of {found.states} presets: "
            "start from one of its own presets with --state, or name another plugin."
        )
    synth = config.synth.model_copy(update={"free": free})
    return config.model_copy(update={"synth": synth}), found


def _path(spec: PluginSpec, titles: list[str], states: int, seed: int) -> Path:
    """Return where the exploration of a plugin is stored."""
    return EXPLORATIONS.path([spec.fingerprint, spec.host_version, titles, states, seed])
