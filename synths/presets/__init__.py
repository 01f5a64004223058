"""Presets and preset files, one module per format."""

from patchwright.synths.presets.files import (
    check_preset,
    read_preset,
    read_presets,
    write_preset,
)
from patchwright.synths.presets.preset import Preset

__all__ = ["Preset", "check_preset", "read_preset", "read_presets", "write_preset"]
