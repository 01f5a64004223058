"""Execution of runs on the workers of a Dask cluster, possibly on other machines."""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from patchwright.experiments.cluster import open_workers
from patchwright.experiments.cluster.crew import Refuse
from patchwright.experiments.cluster.work import Done, WorkerLostError
from patchwright.experiments.database import open_database
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.suite.admission import needs_of, unmet_need
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.runner import Dispatch, Work
from patchwright.experiments.suite.worker import RunOutcome


@contextlib.contextmanager
def open_cluster(
    cluster: str,
    *,
    workers: int,
    runs: Sequence[SuiteRun],
    folder: Path,
    results: str | None,
    study: str | None,
    refuse: Refuse,
) -> Iterator[Dispatch]:
    """Connect to a cluster, and admit the workers that meet the needs of the runs.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Processes of a local cluster.
        runs: Runs to do.
        folder: Folder of the suite.
        results: Database for finished runs; None if unused.
        study: Optuna database for finished runs; None if unused.
        refuse: Callback for workers that are not admitted, and for a scheduler that is lost.

    Yields:
        Function that executes runs on the cluster; the ``dispatch`` of
        `patchwright.experiments.suite.runner.run_suite`.

    Raises:
        ExperimentError: If the cluster does not exist or stays away, or no worker is admitted.
    """
    needs = needs_of(runs, folder, results=results, study=study)
    with open_workers(
        cluster,
        workers=workers,
        unmet=functools.partial(unmet_need, needs),
        refuse=refuse,
        is_away=lambda: _is_away(results),
    ) as each:

        def dispatch(work: Work, waiting: Sequence[SuiteRun]) -> Iterator[RunOutcome]:
            for done in each(work, waiting):
                yield _outcome(done, waiting[done.place])

        yield dispatch


def _outcome(done: Done, run: SuiteRun) -> RunOutcome:
    error = done.error
    if error is None:
        outcome: RunOutcome = done.result
        return outcome
    known = isinstance(error, WorkerLostError)
    return RunOutcome(id=run.id, error=str(error) if known else f"{type(error).__name__}: {error}.")


def _is_away(results: str | None) -> bool:
    """Return whether the server of a database does not answer now."""
    try:
        if results is not None:
            open_database(results)
    except DatabaseAwayError:
        return True
    except ExperimentError:
        return False
    return False
