"""Presets, and the files that keep them: one module a format."""

from patchwright.synths.presets.preset import Preset

__all__ = ["Preset"]
