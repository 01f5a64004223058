"""Synths written in torch: batched, differentiable, on CPU and GPU; no plugin needed."""

from synths.builtin.subtractive import Subtractive
from synths.builtin.torch_synth import TorchSynth

SYNTHS: dict[str, type[TorchSynth]] = {"subtractive": Subtractive}

__all__ = ["SYNTHS", "Subtractive", "TorchSynth"]
