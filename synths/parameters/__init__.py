"""Parameters of a synth, their space, and the subspace that a search explores."""

from patchwright.synths.parameters.accuracy import parameter_accuracy, parameter_mae
from patchwright.synths.parameters.limit import Limit
from patchwright.synths.parameters.locks import read_lock, shipped_locks
from patchwright.synths.parameters.parameter import (
    POWERS,
    Array,
    Kind,
    Parameter,
    Prior,
    Scale,
    Value,
)
from patchwright.synths.parameters.space import ParameterSpace, Subspace

__all__ = [
    "POWERS",
    "Array",
    "Kind",
    "Limit",
    "Parameter",
    "ParameterSpace",
    "Prior",
    "Scale",
    "Subspace",
    "Value",
    "parameter_accuracy",
    "parameter_mae",
    "read_lock",
    "shipped_locks",
]
