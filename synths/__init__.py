"""What makes sound: parameters, notes, presets, and the contract of every synth.

This module imports no torch: the built-in synths are in `synths.builtin`.
"""

from synths.errors import SynthError, did_you_mean
from synths.midi import read_midi, write_midi
from synths.note_text import parse_notes
from synths.notes import Note, Performance
from synths.parameter import Parameter, Prior
from synths.parameters import ParameterSpace, Subspace
from synths.presets import Preset
from synths.rendering import Renderings, Status, Synth

__all__ = [
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
    "write_midi",
]
