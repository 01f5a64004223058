"""Comparison of finished runs: medians, tests over targets, ranks, wins and convergence."""

from patchwright.experiments.compare.comparison import Comparison, compare_runs
from patchwright.experiments.compare.listening.answers import read_listening
from patchwright.experiments.compare.page import write_page

__all__ = ["Comparison", "compare_runs", "read_listening", "write_page"]
