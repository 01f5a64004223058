"""Runs side by side: one process each, which no other's failure or crash can end."""

import functools
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.processes import in_processes
from patchwright.experiments.suite.worker import Outcome, run_one

Work = Callable[[SuiteRun], Outcome]
"""Runs one of a suite's runs; may be sent to other processes."""

Dispatch = Callable[[Work, Sequence[SuiteRun]], Iterator[Outcome]]
"""Has runs done, and yields what came of each, as they end."""

_PAUSE = 1.0  # seconds until it is seen again what other processes are at work on


def run_suite(
    runs: Iterable[SuiteRun],
    folder: Path,
    *,
    workers: int,
    results: str | None = None,
    study: str | None = None,
    dispatch: Dispatch | None = None,
) -> Generator[Outcome, None, None]:
    """Run what is not finished yet.

    Each run has its own seed and one core, so that neither the order nor the number of workers
    changes what it finds. Runs that other processes are at work on are left to them, and taken
    over if those end.

    Args:
        runs: Of the suite.
        folder: Of the suite.
        workers: Runs at a time.
        results: Database that finished runs are written to.
        study: Database of Optuna's that they are written to.
        dispatch: Has them done; in processes of this machine if None.

    Yields:
        What came of each, as they end.
    """
    work = functools.partial(run_one, folder=folder, results=results, study=study)
    dispatch = dispatch or functools.partial(_side_by_side, workers=workers)
    waiting = list(runs)
    while waiting:
        ended: set[str] = set()
        for outcome in dispatch(work, waiting):
            if not outcome.taken:
                ended.add(outcome.id)
                yield outcome
        waiting = [run for run in waiting if run.id not in ended]
        if waiting:
            time.sleep(_PAUSE)


def _side_by_side(work: Work, runs: Sequence[SuiteRun], *, workers: int) -> Iterator[Outcome]:
    """Work in processes of this machine.

    A run that ends its process (a crash, or a lack of memory) breaks all that run beside it: they
    are run again one at a time, and the one that ends its process when it is alone has failed. The
    others go on together.
    """
    waiting = list(runs)
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


def _alone(run: SuiteRun, work: Work) -> Outcome:
    """Run something that may have ended its process."""
    try:
        (outcome,) = in_processes(work, [run], workers=1)
    except BrokenProcessPool as error:
        why = ", ".join(sorted(set(re.findall(r"SIG[A-Z]+", str(error))))) or "no reason told"
        return Outcome(id=run.id, error=f"It ended its process ({why}), also when it ran alone.")
    return outcome
