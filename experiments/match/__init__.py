"""One run: search presets that sound like a target, check them by rendering, write the results."""

from patchwright.experiments.match.run import Match, match, run_experiment

__all__ = ["Match", "match", "run_experiment"]
