"""The command line."""

from patchwright.experiments.cli.main import main

__all__ = ["main"]
