"""Results of a tuning; those on the runs that settings were chosen on are marked as such."""

import json
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

_BEST = 5  # settings in the table
_FEWEST = 20  # complete trials for importances


@dataclass(frozen=True, eq=False)
class Gain:
    """Gain of some settings over the usual ones.

    Attributes:
        less: Share by which the distance is lower, from the geometric mean over targets.
        better: Number of targets with a lower distance.
        targets: Number of targets.
        p: p-value of a signed-rank test over targets; None with fewer than 6.
    """

    less: float
    better: int
    targets: int
    p: float | None

    def __str__(self) -> str:
        text = f"{_share(self.less)}, better on {self.better} of {_count(self.targets, 'target')}"
        return text if self.p is None else f"{text} (p = {self.p:.2g})"


def gain(runs: Sequence[SuiteRun], usual: np.ndarray, other: np.ndarray) -> Gain:
    """Compare two settings over the same runs.

    Args:
        runs: Runs, `n` of them; their targets group the distances.
        usual: Log distances of the usual settings, `[n]`.
        other: Log distances of the other settings, `[n]`.
    """
    by_target: dict[str, list[float]] = {}
    for run, less in zip(runs, usual - other, strict=True):
        key = json.dumps(run.config.model_dump(mode="json", exclude={"seed", "search"}))
        by_target.setdefault(key, []).append(less)
    gains = np.array([np.mean(each) for each in by_target.values()])
    return Gain(
        less=float(1 - np.exp(-gains.mean())),
        better=int((gains > 0).sum()),
        targets=len(gains),
        p=signed_rank(gains, np.zeros(len(gains))),
    )


def best_trial(study: TuneStudy) -> FrozenTrial:
    """Return the complete trial with the lowest distance; on a tie, the first."""
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    return min(complete, key=lambda trial: (trial.value, trial.number))


def table(study: TuneStudy, tuning: Tuning) -> Table:
    """Make a table of the best settings among complete trials, and the usual ones."""
    complete = [trial for trial in study.trials if trial.state is TrialState.COMPLETE]
    ranked = sorted(complete, key=lambda trial: (trial.value, trial.number))
    shown = ranked[:_BEST]
    shown += [trial for trial in ranked[_BEST:] if trial.number == 0]
    made = Table("trial", "distance", "than usual")
    for name in tuning.ranges:
        made.add_column(name, justify="right")
    for trial in shown:
        less = "as usual" if not trial.number else _share(1 - np.exp(-study.gains(trial).mean()))
        options = (str(value) for value in study.options(trial).values())
        made.add_row(f"{trial.number}", f"{np.exp(trial.values[0]):.4g}", less, *options)
    return made


def sentences(study: TuneStudy, tuning: Tuning) -> list[str]:
    """Summarise the trials, and the gain on the runs that the best settings were chosen on."""
    trials, best = study.trials, best_trial(study)
    states = [
        f"{sum(trial.state is state for trial in trials)} {word}"
        for state, word in (
            (TrialState.COMPLETE, "complete"),
            (TrialState.PRUNED, "ended early"),
            (TrialState.FAIL, "failed"),
        )
    ]
    result = [f"{len(trials)} trials: {', '.join(states)}."]
    importances = _importances(study, tuning)
    if importances:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in importances.items())
        result.append(f"Importance among the better settings (PED-ANOVA): {shares}.")
    if not best.number:
        return [*result, "No settings were better than the usual ones."]
    runs = tuning.suite(study.options(best)).runs
    usual = np.array([*trials[0].intermediate_values.values()])
    chosen = np.array([*best.intermediate_values.values()])
    result.append(
        f"The best settings against the usual ones, on the {_count(len(runs), 'run')} that they "
        f"were chosen on, which flatters them: {gain(runs, usual, chosen)}."
    )
    return result


def check(study: TuneStudy, tuning: Tuning, folder: Path, *, workers: int) -> str | None:
    """Compare the best settings with the usual ones, on runs that they were not chosen on.

    Args:
        study: Finished study.
        tuning: Tuning of the study.
        folder: Folder of the tuning, where the runs are written.
        workers: Number of runs at a time.

    Returns:
        The result in a sentence; None if there are no such runs, or the usual settings are best.

    Raises:
        ExperimentError: If a run fails.
    """
    best = best_trial(study)
    usual = tuning.check(study.options(study.trials[0]))
    if not usual or not best.number:
        return None
    runs = [*usual, *tuning.check(study.options(best))]
    results = []
    for run, distance in zip(runs, distances(runs, folder, workers=workers), strict=True):
        if isinstance(distance, str):
            raise ExperimentError(f"{run.id} failed: {distance}")
        results.append(distance)
    before, after = np.array(results).reshape(2, -1)
    chosen = {run.id for run in tuning.suite(study.options(best)).runs}
    seen = sum(run.id in chosen for run in runs)
    except_for = f", except for {seen}" if seen else ""
    return (
        f"On the {_count(len(usual), 'run')} that they were not chosen on{except_for}: "
        f"{gain(usual, before, after)}."
    )


def lines(study: TuneStudy, tuning: Tuning) -> str:
    """Format the best settings as YAML, for an experiment or the defaults of a suite."""
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
