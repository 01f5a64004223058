"""Runs side by side: one process each, which no other's failure or crash can end."""

import functools
import re
from collections.abc import Callable, Generator, Iterable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from experiments.suite.config import SuiteRun
from experiments.suite.processes import in_processes
from experiments.suite.worker import Outcome, is_finished, run_one


def run_suite(
    runs: Iterable[SuiteRun], folder: Path, *, workers: int
) -> Generator[Outcome, None, None]:
    """Run what is not finished yet.

    Each run has its own seed and one core, so that neither the order nor the number of workers
    changes what it finds. A run that ends its process (a crash, or a lack of memory) breaks all
    that run beside it: they are run again one at a time, and the one that ends its process when it
    is alone has failed. The others go on together.

    Args:
        runs: Of the suite.
        folder: Of the suite.
        workers: Runs at a time.

    Yields:
        What came of each, as they end.
    """
    work = functools.partial(run_one, folder=folder)
    waiting = [run for run in runs if not is_finished(folder, run)]
    while waiting:
        begun: list[SuiteRun] = []
        ended: set[str] = set()
        try:
            for outcome in in_processes(work, waiting, workers=workers, begun=begun):
                ended.add(outcome.id)
                yield outcome
        except BrokenProcessPool:
            suspects = [run for run in begun if run.id not in ended]
            if not suspects:
                raise
            for run in suspects:
                yield _alone(run, work)
                ended.add(run.id)
        waiting = [run for run in waiting if run.id not in ended]


def _alone(run: SuiteRun, work: Callable[[SuiteRun], Outcome]) -> Outcome:
    """Run something that may have ended its process."""
    try:
        (outcome,) = in_processes(work, [run], workers=1)
    except BrokenProcessPool as error:
        why = ", ".join(sorted(set(re.findall(r"SIG[A-Z]+", str(error))))) or "no reason told"
        return Outcome(id=run.id, error=f"It ended its process ({why}), also when it ran alone.")
    return outcome
