"""Many runs from one YAML file: what they are, the plan, and how they are run side by side."""

from patchwright.experiments.suite.config import Suite, SuiteRun, is_suite, make_suite, read_suite
from patchwright.experiments.suite.runner import run_suite
from patchwright.experiments.suite.worker import Outcome

__all__ = ["Outcome", "Suite", "SuiteRun", "is_suite", "make_suite", "read_suite", "run_suite"]
