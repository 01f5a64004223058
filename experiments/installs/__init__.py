"""Presets of runs, put where synths and DAWs list them, and taken away again."""

from patchwright.experiments.installs.install import install, installed, plan, plan_run, undo

__all__ = ["install", "installed", "plan", "plan_run", "undo"]
