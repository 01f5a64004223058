"""One run: match a recording, prove the presets by rendering them, write what was found."""

from patchwright.experiments.match.run import Match, match, run_experiment

__all__ = ["Match", "match", "run_experiment"]
