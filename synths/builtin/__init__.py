"""Synths written in torch: batched, differentiable, on CPU and GPU; no plugin needed."""

from synths.builtin.fm import FM
from synths.builtin.oscillators import Oscillators
from synths.builtin.subtractive import Subtractive
from synths.builtin.torch_synth import TorchSynth

SYNTHS: dict[str, type[TorchSynth]] = {
    "subtractive": Subtractive,
    "fm": FM,
    "oscillators": Oscillators,
}

__all__ = ["FM", "SYNTHS", "Oscillators", "Subtractive", "TorchSynth"]
