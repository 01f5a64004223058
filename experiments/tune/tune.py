"""Tries settings one after another, each over the runs of a suite."""

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from optuna.trial import FrozenTrial, Trial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.folder_lock import locked
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.trace import SearchTrace
from patchwright.experiments.suite import SuiteRun, run_suite
from patchwright.experiments.suite.worker import is_finished, run_folder
from patchwright.experiments.tune.study import TuneStudy
from patchwright.experiments.tune.tuning import Tuning

_LEAST = 1e-4  # lower limit of distances: below it differences cannot be heard

Ended = Callable[[TuneStudy, FrozenTrial], None]


def tune(tuning: Tuning, folder: Path, *, workers: int, ended: Ended) -> TuneStudy:
    """Try the settings of a tuning, or continue an interrupted tuning.

    The runs of a trial are reported in order, so the number of workers does not change the result.
    A trial is ended early if a signed-rank test over the runs that it shares with the best trial
    finds it worse. No run is done twice, as its folder's name has a hash of all that it depends on.

    Args:
        tuning: Method, ranges and suite.
        folder: Folder of the tuning, with runs in `runs/` and the study in `tune.journal`.
        workers: Number of runs at a time.
        ended: Callback after each trial.

    Returns:
        The finished study.

    Raises:
        ExperimentError: If the folder holds another tuning or is in use, or a run with the usual
            options fails.

    Examples:
        ::

            tuning = read_tuning(Path("suite.yaml"))
            study = tune(tuning, Path("runs/tuned"), workers=2, ended=lambda study, trial: None)
            print(lines(study, tuning))
    """
    with locked(folder):
        study = TuneStudy(tuning, folder)
        while len(study.trials) < tuning.config.trials:
            trial = study.next()
            _try(trial, tuning.suite(study.options(trial)).runs, folder, workers, study)
            ended(study, study.trials[-1])
    return study


def distances(runs: Sequence[SuiteRun], folder: Path, *, workers: int) -> list[float | str]:
    """Do the runs that are not finished, and read the distances of all.

    Args:
        runs: Runs of a suite.
        folder: Folder of the tuning.
        workers: Number of runs at a time.

    Returns:
        For each run, the logarithm of its final distance in units of the median random preset, or
        the error if it failed.
    """
    waiting = [run for run in runs if not is_finished(folder, run)]
    outcomes = run_suite(waiting, folder, workers=workers)
    errors = {each.id: each.error for each in outcomes if each.error is not None}
    return [errors.get(run.id) or _log_distance(run_folder(folder, run)) for run in runs]


def _log_distance(folder: RunFolder) -> float:
    last = read_record(folder, folder.search, SearchTrace).history[-1]
    return math.log(max(last.distance, _LEAST))


def _try(
    trial: Trial, runs: Sequence[SuiteRun], folder: Path, workers: int, study: TuneStudy
) -> None:
    """Do the runs of a trial until it is complete, pruned or failed."""
    reported = study.reported(trial)
    numbered = enumerate(runs)
    while batch := list(itertools.islice(numbered, workers)):
        results = distances([run for _, run in batch], folder, workers=workers)
        for (step, run), distance in zip(batch, results, strict=True):
            if isinstance(distance, str):
                if trial.number == 0:
                    raise ExperimentError(f"With the usual options {run.id} failed: {distance}")
                study.fail(trial, distance)
                return
            if step not in reported:
                trial.report(distance, step)
            if step + 1 < len(runs) and trial.should_prune():
                study.prune(trial)
                return
    study.complete(trial)
