"""Tries settings one after another, each over the runs of a suite, until there are enough."""

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from optuna.trial import FrozenTrial, Trial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.trace import SearchTrace
from patchwright.experiments.suite import SuiteRun, run_suite
from patchwright.experiments.suite.worker import is_finished, run_folder
from patchwright.experiments.tune.study import TuneStudy
from patchwright.experiments.tune.tuning import Tuning

_LEAST = 1e-4  # of a distance: what is nearer is as near as one can hear

Ended = Callable[[TuneStudy, FrozenTrial], None]


def tune(tuning: Tuning, folder: Path, *, workers: int, ended: Ended) -> TuneStudy:
    """Try as many settings as were asked for; go on where it ended, if it was begun.

    The runs of a trial are done in order, `workers` at a time, and reported in that order, so
    that the number of workers does not change what is found. A trial that is likely to be worse
    than the best one, by a signed-rank test over the runs they share, is ended. No run is done
    twice: its folder is named by all that it depends on.

    Args:
        tuning: What is tuned.
        folder: Where to; the runs are in `runs/`, the study in `tune.journal`.
        workers: Runs at a time.
        ended: Called after each trial.

    Returns:
        The finished study.

    Raises:
        ExperimentError: If the folder holds another tuning, or the usual options fail.
    """
    study = TuneStudy(tuning, folder)
    while len(study.trials) < tuning.config.trials:
        trial = study.next()
        _try(trial, tuning.suite(study.options(trial)).runs, folder, workers, study)
        ended(study, study.trials[-1])
    return study


def distances(runs: Sequence[SuiteRun], folder: Path, *, workers: int) -> list[float | str]:
    """Do runs, or read them if they are done.

    Returns:
        The logarithm of the distance that each ended at, in units of random presets; or else why
        it failed.
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
    """Do the runs of a trial, until it is over."""
    reported = study.reported(trial)
    numbered = enumerate(runs)
    while batch := list(itertools.islice(numbered, workers)):
        results = distances([run for _, run in batch], folder, workers=workers)
        for (step, run), found in zip(batch, results, strict=True):
            if isinstance(found, str):
                if trial.number == 0:
                    raise ExperimentError(f"With the usual options {run.id} failed: {found}")
                study.fail(trial, found)
                return
            if step not in reported:
                trial.report(found, step)
            if step + 1 < len(runs) and trial.should_prune():
                study.prune(trial)
                return
    study.complete(trial)
