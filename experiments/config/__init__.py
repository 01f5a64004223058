"""Config of an experiment: its models, and reading them from YAML."""

from patchwright.experiments.config.experiment import (
    ExperimentConfig,
    beside_folder,
    check_experiment,
    load_experiment,
)
from patchwright.experiments.config.objective import ObjectiveConfig
from patchwright.experiments.config.overrides import assign, override
from patchwright.experiments.config.search import SearchConfig
from patchwright.experiments.config.synth import SynthConfig
from patchwright.experiments.config.target import TargetConfig

__all__ = [
    "ExperimentConfig",
    "ObjectiveConfig",
    "SearchConfig",
    "SynthConfig",
    "TargetConfig",
    "assign",
    "beside_folder",
    "check_experiment",
    "load_experiment",
    "override",
]
