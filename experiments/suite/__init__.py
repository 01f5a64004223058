"""Suites: many runs from one YAML file, planned and run in parallel."""

from patchwright.experiments.suite.config import Suite, SuiteRun, is_suite, make_suite, read_suite
from patchwright.experiments.suite.runner import run_suite
from patchwright.experiments.suite.worker import RunOutcome

__all__ = ["RunOutcome", "Suite", "SuiteRun", "is_suite", "make_suite", "read_suite", "run_suite"]
