"""Finished runs beside each other: medians, tests over targets, ranks, wins and convergence."""

from experiments.compare.answers import read_listening
from experiments.compare.comparison import Comparison, compare_runs
from experiments.compare.page import write_page

__all__ = ["Comparison", "compare_runs", "read_listening", "write_page"]
