"""What a worker process does: one run, whatever comes of it."""

import contextlib
import functools
import time
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from patchwright.experiments.database import Database, claim, finished, open_database
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.experiments.suite.config import SuiteRun
from patchwright.objectives import ObjectiveError
from patchwright.search import SearchError
from patchwright.synths import SynthError

_MISTAKES = (ExperimentError, SynthError, ObjectiveError, SearchError)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run.

    Attributes:
        id: Of the run.
        renders: In all; 0 if another process ran it.
        seconds: From its beginning to its end; None if it was begun before, or failed.
        error: Why it failed, in a sentence; None if it is finished.
        taken: Whether another process is at work on it, so that nothing is known of it yet.
    """

    id: str
    renders: int = 0
    seconds: float | None = None
    error: str | None = None
    taken: bool = False


def run_folder(folder: Path, run: SuiteRun) -> RunFolder:
    """Where a run of a suite lies."""
    return RunFolder(folder / "runs" / run.id)


def is_finished(folder: Path, run: SuiteRun) -> bool:
    """Whether a run of a suite has its summary: that is written last."""
    return run_folder(folder, run).summary.is_file()


def finished_elsewhere(runs: Collection[SuiteRun], results: str | None) -> dict[str, float]:
    """Find out which runs are in the database, in whatever folder they were run.

    Args:
        runs: Of a suite.
        results: The database; None if there is none.

    Returns:
        The match of each run that is, by its ID.

    Raises:
        ExperimentError: If the database cannot be read.
    """
    if results is None:
        return {}
    found = finished(_database(results), [run.sha256 for run in runs])
    return {run.id: found[run.sha256] for run in runs if run.sha256 in found}


def run_one(
    run: SuiteRun, folder: Path, *, results: str | None = None, study: str | None = None
) -> Outcome:
    """Run one of a suite's runs on one core, or go on with it.

    Args:
        run: Of the suite.
        folder: Of the suite.
        results: See `match.run_experiment`; so are processes that have other folders kept from
            the same run.
        study: See `match.run_experiment`.

    Returns:
        What came of it: a run that fails is told of, and the others go on.
    """
    place = run_folder(folder, run)
    try:
        with _claimed(run, folder, results) as mine:
            if not mine:
                return Outcome(id=run.id, taken=True)
            elsewhere = bool(finished_elsewhere([run], results))
            if is_finished(folder, run):
                Destinations.open(None if elsewhere else results, study).write(place)
                return Outcome(id=run.id)
            if elsewhere:
                return Outcome(id=run.id)
            return _searched(run, place, results=results, study=study)
    except _MISTAKES as error:
        return Outcome(id=run.id, error=str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Outcome(id=run.id, error=f"{where}{error.strerror or error}.")
    except Exception as error:  # noqa: BLE001 - one run's defect must not end the others
        told = place.path / "error.txt"
        told.parent.mkdir(parents=True, exist_ok=True)
        write_text(told, traceback.format_exc())
        return Outcome(id=run.id, error=f"{type(error).__name__}: {error} (more in {told}).")


def _searched(
    run: SuiteRun, place: RunFolder, *, results: str | None, study: str | None
) -> Outcome:
    fresh = not place.config.exists()
    started = time.perf_counter()
    # 'patchwright report' writes the page of those that are looked at
    found = run_experiment(
        run.config,
        out=place.path,
        resume=True,
        workers=1,
        report=False,
        results=results,
        study=study,
    )
    seconds = time.perf_counter() - started if fresh else None
    return Outcome(id=run.id, renders=found.summary.renders, seconds=seconds)


@contextlib.contextmanager
def _claimed(run: SuiteRun, folder: Path, results: str | None) -> Iterator[bool]:
    """Keep other processes from a run: those of this folder, and those of this database."""
    with claim(folder, run.sha256) as first:
        if not first or results is None:
            yield first
            return
        with claim(_database(results), run.sha256) as second:
            yield second


@functools.lru_cache(maxsize=1)
def _database(results: str) -> Database:
    return open_database(results)
