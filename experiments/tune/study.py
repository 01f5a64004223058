"""The trials of a tuning, in a journal of Optuna's: drawn, gone on with, and read."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import WilcoxonPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.journal import TUNE_JOURNAL, open_journal
from patchwright.experiments.studies.new_study import new_study
from patchwright.experiments.tune.tuning import Tuning
from patchwright.search.quiet import quiet

NAME = "tune"
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class TuneStudy:
    """Trials of a method's options, over the same runs in the same order.

    What is reported of a trial is the logarithm of the distance that each run ended at; its value
    is their mean. Trial 0 has the usual options. What a trial draws depends on the trials before
    it alone, so that a tuning that was killed goes on as if it had not been.

    Args:
        tuning: What is tuned.
        folder: Where its journal is, or will be.

    Raises:
        ExperimentError: If the journal is damaged, or of another tuning.
    """

    def __init__(self, tuning: Tuning, folder: Path) -> None:
        path = folder / TUNE_JOURNAL
        self._tuning = tuning
        storage = open_journal(path, "begin anew in another --out")
        with quiet():
            pruner = WilcoxonPruner()
        told = {
            "method": tuning.config.method,
            "seed": tuning.config.seed,
            "options": {name: str(told) for name, told in tuning.config.options.items()},
            "runs": [run.id for run in tuning.suite(tuning.usual).runs],
        }
        if not storage.get_all_studies():
            new_study(storage, NAME, ["log distance"], told)
        # what is drawn is drawn here, and the pruner is asked by the trial
        self.study = optuna.load_study(
            study_name=NAME, storage=storage, sampler=RandomSampler(), pruner=pruner
        )
        for key, value in told.items():
            if self.study.user_attrs.setdefault(key, value) != value:
                raise ExperimentError(
                    f"{folder} holds a tuning with another {key}: give another --out."
                )

    @property
    def trials(self) -> list[FrozenTrial]:
        """Those that have ended, in order."""
        return self.study.get_trials(deepcopy=False, states=(*ENDED, TrialState.FAIL))

    def next(self) -> Trial:
        """Begin a trial, or go on with the one that was interrupted."""
        trials = self.study.get_trials(deepcopy=False)
        if not trials or trials[-1].state.is_finished():
            params = self._usual() if not trials else self._draw(trials)
            distributions = {name: self._tuning.ranges[name].distribution for name in params}
            self.study.add_trial(
                create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
            )
            trials = self.study.get_trials(deepcopy=False)
        return Trial(self.study, trials[-1]._trial_id)

    def reported(self, trial: Trial) -> dict[int, float]:
        """The log distances of a trial's runs so far, by their place."""
        return self.study.get_trials(deepcopy=False)[trial.number].intermediate_values

    def complete(self, trial: Trial) -> None:
        """Say that all runs of a trial are done."""
        self.study.tell(trial, float(np.mean([*self.reported(trial).values()])))

    def prune(self, trial: Trial) -> None:
        """Say that a trial was ended early."""
        self.study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial, why: str) -> None:
        """Say that a run of a trial failed."""
        trial.set_user_attr("error", why)
        self.study.tell(trial, state=TrialState.FAIL)

    def options(self, trial: Trial | FrozenTrial) -> dict[str, Any]:
        """The options of a trial; the usual ones where it has none of its own."""
        drawn = {
            name: self._tuning.ranges[name].option(value) for name, value in trial.params.items()
        }
        return self._tuning.usual | drawn

    def gains(self, trial: FrozenTrial) -> np.ndarray:
        """How much lower the log distance of a trial's runs is than with the usual options.

        Returns:
            `[n]`, for the runs that the trial got to.
        """
        usual = self.study.get_trials(deepcopy=False)[0].intermediate_values
        found = trial.intermediate_values
        return np.array([usual[step] - found[step] for step in sorted(found)])

    def _usual(self) -> dict[str, Any]:
        """Those of the usual options that lie within their ranges."""
        usual = self._tuning.usual
        return {
            name: word
            for name, within in self._tuning.ranges.items()
            for word in within.words(usual[name])
        }

    def _draw(self, trials: list[FrozenTrial]) -> dict[str, Any]:
        """What a tree-structured Parzen estimator makes of the trials that have ended.

        It is told the mean gain over the usual options. That is fair to trials that were pruned:
        the runs that they got to may be of the more difficult targets.
        """
        ranges = self._tuning.ranges
        distributions = {name: within.distribution for name, within in ranges.items()}
        seed = int(np.random.default_rng((self._tuning.config.seed, len(trials))).integers(2**31))
        with quiet():
            known = optuna.create_study(sampler=TPESampler(seed=seed, multivariate=True))
        known.add_trials(
            create_trial(
                params=trial.params,
                distributions=distributions,
                value=-float(self.gains(trial).mean()),
            )
            for trial in trials
            if trial.state in ENDED and trial.params.keys() == ranges.keys()
        )
        drawn = known.ask(distributions).params
        return {name: ranges[name].rounded(value) for name, value in drawn.items()}
