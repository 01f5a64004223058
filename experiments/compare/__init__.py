"""Finished runs beside each other: medians, tests over targets, ranks, wins and convergence."""

from experiments.compare.comparison import Comparison, compare_runs
from experiments.compare.page import write_page

__all__ = ["Comparison", "compare_runs", "write_page"]
