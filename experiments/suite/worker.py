"""What a worker process does: one run, whatever comes of it."""

import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from experiments.errors import ExperimentError
from experiments.match import run_experiment
from experiments.run_folder import RunFolder, write_text
from experiments.suite.config import SuiteRun
from objectives import ObjectiveError
from search import SearchError
from synths import SynthError

_MISTAKES = (ExperimentError, SynthError, ObjectiveError, SearchError)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run.

    Attributes:
        id: Of the run.
        renders: In all.
        seconds: From its beginning to its end; None if it was begun before, or failed.
        error: Why it failed, in a sentence; None if it is finished.
    """

    id: str
    renders: int = 0
    seconds: float | None = None
    error: str | None = None


def run_folder(folder: Path, run: SuiteRun) -> RunFolder:
    """Where a run of a suite lies."""
    return RunFolder(folder / "runs" / run.id)


def is_finished(folder: Path, run: SuiteRun) -> bool:
    """Whether a run of a suite has its summary: that is written last."""
    return run_folder(folder, run).summary.is_file()


def run_one(run: SuiteRun, folder: Path) -> Outcome:
    """Run one of a suite's runs on one core, or go on with it.

    Args:
        run: Of the suite.
        folder: Of the suite.

    Returns:
        What came of it: a run that fails is told of, and the others go on.
    """
    place = run_folder(folder, run)
    fresh = not place.config.exists()
    started = time.perf_counter()
    try:
        # 'patchwright report' writes the page of those that are looked at
        found = run_experiment(run.config, out=place.path, resume=True, workers=1, report=False)
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
    seconds = time.perf_counter() - started if fresh else None
    return Outcome(id=run.id, renders=found.summary["renders"], seconds=seconds)
