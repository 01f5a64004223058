"""Synths: parameters, notes, presets, and the contract of every synth.

This module imports no torch: the built-in synths are in `patchwright.synths.builtin`.
"""

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import Parameter, ParameterSpace, Prior, Subspace
from patchwright.synths.performance import (
    DrySound,
    Note,
    Performance,
    parse_notes,
    read_midi,
    write_midi,
)
from patchwright.synths.presets import Preset, read_preset, write_preset
from patchwright.synths.rendering import Renderings, Status, Synth

__all__ = [
    "DrySound",
    "Note",
    "Parameter",
    "ParameterSpace",
    "Performance",
    "Preset",
    "Prior",
    "Renderings",
    "Status",
    "Subspace",
    "Synth",
    "SynthError",
    "did_you_mean",
    "parse_notes",
    "read_midi",
    "read_preset",
    "write_midi",
    "write_preset",
]
