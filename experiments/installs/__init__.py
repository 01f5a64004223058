"""Presets of runs, put where synths and DAWs list them, and taken away again."""

from patchwright.experiments.installs.install import install, plan, undo

__all__ = ["install", "plan", "undo"]
