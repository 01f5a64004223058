"""Presets, and the files that keep them: one module a format."""

from synths.presets.preset import Preset

__all__ = ["Preset"]
