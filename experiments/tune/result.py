"""What a tuning found, said with care: the settings were chosen on these very runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from optuna.importance import get_param_importances
from optuna.trial import FrozenTrial, TrialState
from rich.table import Table

from patchwright.experiments.compare.statistics import signed_rank
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite import SuiteRun
from patchwright.experiments.tune.study import TuneStudy
from patchwright.experiments.tune.tune import distances
from patchwright.experiments.tune.tuning import Tuning

_BEST = 5  # settings that are shown
_FEWEST = 20  # trials that are ended, for importances


@dataclass(frozen=True, eq=False)
class Gain:
    """How much closer some settings come than the usual ones.

    Attributes:
        less: By which share the distance is less, the geometric mean over targets.
        better: Targets on which it is.
        targets: Of them all.
        p: Of no difference, by a signed-rank test over the targets; None for less than 6.
    """

    less: float
    better: int
    targets: int
    p: float | None

    def __str__(self) -> str:
        told = f"{_share(self.less)}, better on {self.better} of {_count(self.targets, 'target')}"
        return told if self.p is None else f"{told} (p = {self.p:.2g})"


def gain(runs: Sequence[SuiteRun], usual: np.ndarray, found: np.ndarray) -> Gain:
    """Compare two settings over the same runs.

    Args:
        runs: `n` of them.
        usual: Log distances of the usual settings, `[n]`.
        found: Of the others, `[n]`.
    """
    by_target: dict[str, list[float]] = {}
    for run, less in zip(runs, usual - found, strict=True):
        key = run.config.model_dump_json(exclude={"seed", "search"})
        by_target.setdefault(key, []).append(less)
    gains = np.array([np.mean(each) for each in by_target.values()])
    return Gain(
        less=float(1 - np.exp(-gains.mean())),
        better=int((gains > 0).sum()),
        targets=len(gains),
        p=signed_rank(gains, np.zeros(len(gains))),
    )


def best_trial(study: TuneStudy) -> FrozenTrial:
    """The complete trial of the least distance; of equal ones the first."""
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    return min(complete, key=lambda trial: (trial.value, trial.number))


def table(study: TuneStudy, tuning: Tuning) -> Table:
    """The best settings that were tried over all runs, and the usual ones."""
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    ranked = sorted(complete, key=lambda trial: (trial.value, trial.number))
    shown = ranked[:_BEST]
    shown += [trial for trial in ranked[_BEST:] if trial.number == 0]
    found = Table("trial", "distance", "than the usual")
    for name in tuning.ranges:
        found.add_column(name, justify="right")
    for trial in shown:
        less = "as usual" if not trial.number else _share(1 - np.exp(-study.gains(trial).mean()))
        options = (str(value) for value in study.options(trial).values())
        found.add_row(f"{trial.number}", f"{np.exp(trial.values[0]):.4g}", less, *options)
    return found


def sentences(study: TuneStudy, tuning: Tuning) -> list[str]:
    """Say what the trials came to, and how much is gained on the runs they were chosen on."""
    trials, best = study.trials, best_trial(study)
    states = [
        f"{sum(trial.state is state for trial in trials)} {word}"
        for state, word in (
            (TrialState.COMPLETE, "complete"),
            (TrialState.PRUNED, "ended early"),
            (TrialState.FAIL, "failed"),
        )
    ]
    told = [f"{len(trials)} trials: {', '.join(states)}."]
    importances = _importances(study, tuning)
    if importances:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in importances.items())
        told.append(f"What matters among the better settings (PED-ANOVA): {shares}.")
    if not best.number:
        return [*told, "No settings came closer than the usual ones."]
    runs = tuning.suite(study.options(best)).runs
    usual = np.array([*trials[0].intermediate_values.values()])
    found = np.array([*best.intermediate_values.values()])
    told.append(
        f"The best settings against the usual ones, on the {_count(len(runs), 'run')} that they "
        f"were chosen on, which flatters them: {gain(runs, usual, found)}."
    )
    return told


def check(study: TuneStudy, tuning: Tuning, folder: Path, *, workers: int) -> str | None:
    """Compare the best settings with the usual ones on runs that they were not chosen on.

    Returns:
        What came of it; None if there are no such runs, or nothing to compare.

    Raises:
        ExperimentError: If a run fails.
    """
    best = best_trial(study)
    usual = tuning.check(study.options(study.trials[0]))
    if not usual or not best.number:
        return None
    runs = [*usual, *tuning.check(study.options(best))]
    results = []
    for run, found in zip(runs, distances(runs, folder, workers=workers), strict=True):
        if isinstance(found, str):
            raise ExperimentError(f"{run.id} failed: {found}")
        results.append(found)
    before, after = np.array(results).reshape(2, -1)
    chosen = {run.id for run in tuning.suite(study.options(best)).runs}
    seen = sum(run.id in chosen for run in runs)
    told = "they were not chosen on"
    if seen:
        told += f", but for {seen}"
    return f"On the {_count(len(usual), 'run')} that {told}: {gain(usual, before, after)}."


def lines(study: TuneStudy, tuning: Tuning) -> str:
    """The best settings as YAML, for an experiment or the defaults of a suite."""
    search: dict[str, Any] = {
        "method": tuning.config.method,
        "options": study.options(best_trial(study)),
    }
    return yaml.safe_dump({"search": search}, sort_keys=False, default_flow_style=None)


def _importances(study: TuneStudy, tuning: Tuning) -> dict[str, float]:
    if len(tuning.ranges) < 2:
        return {}
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    if len(complete) < _FEWEST:
        return {}
    return get_param_importances(study.study)


def _share(less: float) -> str:
    return f"{abs(less):.1%} {'less' if less >= 0 else 'more'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
