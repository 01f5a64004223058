"""Parallel execution of runs, one process each, so that a crash fails only its own run."""

import functools
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.patience import growing_pauses
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.processes import in_processes
from patchwright.experiments.suite.worker import RunOutcome, run_one

Work = Callable[[SuiteRun], RunOutcome]
"""Picklable function that executes one run."""

Dispatch = Callable[[Work, Sequence[SuiteRun]], Iterator[RunOutcome]]
"""Function that executes runs and yields their outcomes as they end."""

_PAUSE = 1.0  # seconds between looks at runs that other processes have claimed
_PATIENCE = 300.0  # seconds for which databases that do not answer are tried again


def run_suite(
    runs: Iterable[SuiteRun],
    folder: Path,
    *,
    workers: int,
    results: str | None = None,
    study: str | None = None,
    dispatch: Dispatch | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Generator[RunOutcome, None, None]:
    """Execute the runs that are not finished yet.

    Each run has its own seed and one core, so its result depends neither on the order nor on the
    number of workers. Runs that other processes have claimed are left to them, and taken over if
    those processes end. While a database does not answer, runs are done on disk; what is missing in
    it is written at the end, with growing pauses between the tries.

    Args:
        runs: Runs of the suite.
        folder: Folder of the suite.
        workers: Number of runs at a time.
        results: Database for finished runs; None if unused.
        study: Optuna database for finished runs; None if unused.
        dispatch: Function that executes the runs; in processes of this machine if None.
        notice: Function that receives a few words while a database does not answer, and nothing
            once it does.

    Yields:
        Outcomes in the order of completion.

    Examples:
        ::

            suite = read_suite(Path("suite.yaml"))
            for outcome in run_suite(suite.runs, Path("runs/suite"), workers=4):
                print(outcome.id, outcome.error or "finished")
    """
    work = functools.partial(run_one, folder=folder, results=results, study=study)
    dispatch = dispatch or functools.partial(_in_parallel, workers=workers)
    waiting = list(runs)
    late: dict[str, RunOutcome] = {}  # first outcomes of runs that a database has missed
    pauses = growing_pauses(_PATIENCE)
    while waiting:
        ended: set[str] = set()
        for outcome in dispatch(work, waiting):
            if outcome.taken:
                continue
            if outcome.away:
                late.setdefault(outcome.id, outcome)
                notice(f"{len(late)} runs wait for the database")
                continue
            ended.add(outcome.id)
            yield _joined(late.pop(outcome.id, None), outcome)
        waiting = [run for run in waiting if run.id not in ended]
        if not late:
            notice("")
            pauses = growing_pauses(_PATIENCE)
            if waiting:
                time.sleep(_PAUSE)
        elif not _answers(results, study, pauses):
            yield from late.values()
            waiting = [run for run in waiting if run.id not in late]
            late.clear()


def _answers(results: str | None, study: str | None, pauses: Iterator[float]) -> bool:
    """Pause until the databases answer, and return whether they do."""
    for pause in pauses:
        time.sleep(pause)
        try:
            Destinations.open(results, study)
        except DatabaseAwayError:
            continue
        except ExperimentError:  # the runs say what is wrong
            return True
        return True
    return False


def _joined(first: RunOutcome | None, last: RunOutcome) -> RunOutcome:
    """Join the outcomes of a run and of the later writing to a database."""
    if first is None or last.renders:
        return last
    return replace(last, renders=first.renders, seconds=first.seconds)


def _in_parallel(work: Work, runs: Sequence[SuiteRun], *, workers: int) -> Iterator[RunOutcome]:
    """Execute runs in processes of this machine.

    A run that ends its process (a crash, or too little memory) breaks the pool for all runs in
    progress: these are repeated one at a time, and one that ends its process when alone has failed.
    The remaining runs continue in parallel.
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


def _alone(run: SuiteRun, work: Work) -> RunOutcome:
    """Execute a run that may have ended its process."""
    try:
        (outcome,) = in_processes(work, [run], workers=1)
    except BrokenProcessPool as error:
        why = ", ".join(sorted(set(re.findall(r"SIG[A-Z]+", str(error))))) or "reason unknown"
        return RunOutcome(id=run.id, error=f"It ended its process ({why}), also when run alone.")
    return outcome
