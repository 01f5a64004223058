"""An FM synth after the Yamaha DX7."""

from synths.builtin.fm.parameters import SPACE
from synths.builtin.fm.synth import FM

__all__ = ["FM", "SPACE"]
