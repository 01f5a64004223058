"""An FM synth after the Yamaha DX7."""

from patchwright.synths.builtin.fm.parameters import SPACE
from patchwright.synths.builtin.fm.synth import FM

__all__ = ["FM", "SPACE"]
