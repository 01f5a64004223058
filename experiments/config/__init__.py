"""An experiment as YAML, checked."""

from experiments.config.experiment import (
    USUAL_OBJECTIVES,
    ExperimentConfig,
    beside_folder,
    check_experiment,
    load_experiment,
)
from experiments.config.objective import ObjectiveConfig
from experiments.config.overrides import assign, override
from experiments.config.search import SearchConfig
from experiments.config.synth import SynthConfig
from experiments.config.target import TargetConfig

__all__ = [
    "USUAL_OBJECTIVES",
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
