"""What makes sound: parameters, notes, presets and the synths that render them."""

from synths.builtin import Subtractive, TorchSynth
from synths.errors import SynthError, did_you_mean
from synths.notes import Note, Performance
from synths.parameters import Parameter, ParameterSpace, Prior, Subspace
from synths.rendering import Renderings, Status, Synth

SYNTHS: dict[str, type[TorchSynth]] = {"subtractive": Subtractive}

__all__ = [
    "SYNTHS",
    "Note",
    "Parameter",
    "ParameterSpace",
    "Performance",
    "Prior",
    "Renderings",
    "Status",
    "Subspace",
    "Subtractive",
    "Synth",
    "SynthError",
    "TorchSynth",
    "did_you_mean",
]
