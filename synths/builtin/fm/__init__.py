"""An FM synth modelled on the Yamaha DX7."""

from patchwright.synths.builtin.fm.parameters import SPACE
from patchwright.synths.builtin.fm.synth import FM

__all__ = ["FM", "SPACE"]
