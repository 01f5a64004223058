"""Execution of one run of a suite in a worker process."""

import contextlib
import functools
import time
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.mistakes import MISTAKES
from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.folder_lock import claimed
from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.suite.config import SuiteRun
from patchwright.synths.plugins.platform import shortage

if TYPE_CHECKING:
    from patchwright.experiments.database import Database  # imported late: SQLAlchemy takes long


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """Outcome of an attempt to execute a run.

    Attributes:
        id: ID of the run.
        renders: Number of renders; 0 if another process executed the run.
        seconds: Wall time in seconds; None if the run was resumed or failed.
        error: Sentence that says why the run failed; None if it is finished.
        taken: Whether another process has claimed the run, so that its outcome is open.
        unwritten: Sentence that says why a finished run is missing in a database; None if it is
            not.
        away: Whether the reason is a database that does not answer, so that another try may help.
    """

    id: str
    renders: int = 0
    seconds: float | None = None
    error: str | None = None
    taken: bool = False
    unwritten: str | None = None
    away: bool = False


def run_folder(folder: Path, run: SuiteRun) -> RunFolder:
    """Return the folder of a run of a suite."""
    return RunFolder(folder / "runs" / run.id)


def is_finished(folder: Path, run: SuiteRun) -> bool:
    """Return whether a run of a suite has its summary, which is written last."""
    return run_folder(folder, run).summary.is_file()


def finished_elsewhere(runs: Collection[SuiteRun], results: str | None) -> dict[str, float]:
    """Return the match by ID of the runs in a database, whatever their folders.

    Args:
        runs: Runs of a suite.
        results: Results database; None if unused.

    Raises:
        ExperimentError: If the database cannot be read.
    """
    if results is None:
        return {}
    from patchwright.experiments.database import finished

    matches = finished(_database(results), [run.sha256 for run in runs])
    return {run.id: matches[run.sha256] for run in runs if run.sha256 in matches}


def run_one(
    run: SuiteRun, folder: Path, *, results: str | None = None, study: str | None = None
) -> RunOutcome:
    """Execute or resume a run of a suite on one core.

    Args:
        run: Run of the suite.
        folder: Folder of the suite.
        results: Results database, as for `match.run_experiment`; it also keeps processes with
            other folders from the same run.
        study: Optuna database, as for `match.run_experiment`.

    Returns:
        Outcome; an exception in the run is reported as its error. While a database does not
        answer, the run is done on disk all the same.
    """
    place = run_folder(folder, run)
    try:
        with _claimed(run, folder, results) as mine:
            if not mine:
                return RunOutcome(id=run.id, taken=True)
            return _done(run, place, results=results, study=study)
    except DatabaseAwayError as error:
        return RunOutcome(id=run.id, error=str(error), away=True)
    except MISTAKES as error:
        return RunOutcome(id=run.id, error=str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sentence = shortage(error) or f"{where}{error.strerror or error}."
        return RunOutcome(id=run.id, error=sentence)
    except Exception as error:  # noqa: BLE001 - one run's defect must not end the others
        file = place.path / "error.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, traceback.format_exc())
        return RunOutcome(id=run.id, error=f"{type(error).__name__}: {error} (more in {file}).")


def _done(run: SuiteRun, place: RunFolder, *, results: str | None, study: str | None) -> RunOutcome:
    """Execute a run unless it is finished, and write it to the databases."""
    elsewhere = False
    with contextlib.suppress(DatabaseAwayError):
        elsewhere = bool(finished_elsewhere([run], results))
    outcome = RunOutcome(id=run.id)
    if not place.summary.is_file():
        if elsewhere:
            return outcome
        outcome = _searched(run, place, study=study)
    try:
        Destinations.open(None if elsewhere else results, study).write(place)
    except ExperimentError as error:
        away = isinstance(error, DatabaseAwayError)
        return replace(outcome, unwritten=str(error), away=away)
    return outcome


def _searched(run: SuiteRun, place: RunFolder, *, study: str | None) -> RunOutcome:
    """Execute a run on disk; a study database follows it as long as it answers."""
    fresh = not place.config.exists()
    started = time.perf_counter()
    for followed_by in dict.fromkeys((study, None)):
        try:
            run_experiment(
                run.config,
                out=place.path,
                resume=True,
                workers=1,
                report=False,  # which 'patchwright report' writes on demand
                study=followed_by,
                patience=0.0,
            )
        except ExperimentError as error:
            # one after the summary is of the database, which is written to once more
            if not (place.summary.is_file() or isinstance(error, DatabaseAwayError)):
                raise
        if place.summary.is_file():
            break
    seconds = time.perf_counter() - started if fresh else None
    renders = read_record(place, place.summary, Summary).renders
    return RunOutcome(id=run.id, renders=renders, seconds=seconds)


@contextlib.contextmanager
def _claimed(run: SuiteRun, folder: Path, results: str | None) -> Iterator[bool]:
    """Claim a run in its folder and, if there is one that answers, in the results database."""
    with claimed(folder / ".claims", run.sha256) as first, contextlib.ExitStack() as held:
        second = True
        if first and results is not None:
            from patchwright.experiments.database import claim

            # without the database another folder may do the run as well, with the same result
            with contextlib.suppress(DatabaseAwayError):
                second = held.enter_context(claim(_database(results), run.sha256))
        yield first and second


@functools.lru_cache(maxsize=1)
def _database(results: str) -> "Database":
    from patchwright.experiments.database import open_database

    return open_database(results)
