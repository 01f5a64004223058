"""Built-in synths, written in torch: batched, differentiable, on CPU and GPU."""

import patchwright.quick_torch  # noqa: F401 - before anything that imports torch
from patchwright.synths.builtin.fm import FM
from patchwright.synths.builtin.oscillators import Oscillators
from patchwright.synths.builtin.subtractive import Subtractive
from patchwright.synths.builtin.torch_synth import TorchSynth

SYNTHS: dict[str, type[TorchSynth]] = {
    "subtractive": Subtractive,
    "fm": FM,
    "oscillators": Oscillators,
}

__all__ = ["FM", "SYNTHS", "Oscillators", "Subtractive", "TorchSynth"]
