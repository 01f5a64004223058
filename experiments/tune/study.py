"""The trials of a tuning, in an Optuna journal: drawn, resumed and read."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import WilcoxonPruner
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.journal import TUNE_JOURNAL, named_damage, open_journal
from patchwright.experiments.studies.new_study import new_study
from patchwright.experiments.tune.tuning import Tuning
from patchwright.search.quiet import quiet

NAME = "tune"
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
_MEND = "start again in another --out"


class TuneStudy:
    """Trials of a method's options, each over the same runs in the same order.

    A trial reports the logarithm of each run's final distance; its value is their mean. Trial 0 has
    the usual options. The options of a trial depend only on the seed and the earlier trials, so a
    killed tuning continues as if it had not been killed.

    Args:
        tuning: Tuning of the study.
        folder: Folder of the journal, which need not exist.

    Attributes:
        study: Study of Optuna.

    Raises:
        ExperimentError: If the journal is damaged or belongs to another tuning.
    """

    def __init__(self, tuning: Tuning, folder: Path) -> None:
        self._tuning = tuning
        self._path = folder / TUNE_JOURNAL
        storage = open_journal(self._path, _MEND)
        with quiet():
            pruner = WilcoxonPruner()
        attributes = {
            "method": tuning.config.method,
            "seed": tuning.config.seed,
            "options": {name: str(each) for name, each in tuning.config.options.items()},
            "runs": [run.id for run in tuning.suite(tuning.usual).runs],
        }
        if not storage.get_all_studies():
            new_study(storage, NAME, ["log distance"], attributes)
        with named_damage(self._path, _MEND):
            # the sampler is unused: `_draw` draws the options
            self.study = optuna.load_study(
                study_name=NAME, storage=storage, sampler=RandomSampler(), pruner=pruner
            )
        for key, value in attributes.items():
            if self.study.user_attrs.setdefault(key, value) != value:
                raise ExperimentError(
                    f"{folder} holds a tuning with another {key}: use another --out."
                )

        with named_damage(self._path, _MEND):
            self._check()

    @property
    def trials(self) -> list[FrozenTrial]:
        """Trials that have ended, in order."""
        return self.study.get_trials(deepcopy=False, states=(*ENDED, TrialState.FAIL))

    def next(self) -> Trial:
        """Begin a trial, or resume the one that was interrupted.

        Raises:
            ExperimentError: If the journal is damaged.
        """
        trials = self.study.get_trials(deepcopy=False)
        if not trials or trials[-1].state.is_finished():
            with named_damage(self._path, _MEND):
                params = self._usual() if not trials else self._draw(trials)
            distributions = {name: self._tuning.ranges[name].distribution for name in params}
            self.study.add_trial(
                create_trial(state=TrialState.RUNNING, params=params, distributions=distributions)
            )
            trials = self.study.get_trials(deepcopy=False)
        return Trial(self.study, trials[-1]._trial_id)

    def reported(self, trial: Trial) -> dict[int, float]:
        """Return the log distances of a trial's runs so far, by position."""
        return self.study.get_trials(deepcopy=False)[trial.number].intermediate_values

    def complete(self, trial: Trial) -> None:
        """End a trial whose runs are all finished."""
        self.study.tell(trial, float(np.mean([*self.reported(trial).values()])))

    def prune(self, trial: Trial) -> None:
        """End a trial early."""
        self.study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial, error: str) -> None:
        """End a trial that has a failed run."""
        trial.set_user_attr("error", error)
        self.study.tell(trial, state=TrialState.FAIL)

    def options(self, trial: Trial | FrozenTrial) -> dict[str, Any]:
        """Return the options of a trial; the usual value of an option that it does not draw."""
        drawn = {
            name: self._tuning.ranges[name].option(value) for name, value in trial.params.items()
        }
        return self._tuning.usual | drawn

    def gains(self, trial: FrozenTrial) -> np.ndarray:
        """Return by how much the log distances are lower than with the usual options.

        Returns:
            Differences for the `n` runs that the trial finished, `[n]`.
        """
        usual = self.study.get_trials(deepcopy=False)[0].intermediate_values
        reported = trial.intermediate_values
        return np.array([usual[step] - reported[step] for step in sorted(reported)])

    def _check(self) -> None:
        """Check the trials in a journal that another program may have written.

        Raises:
            Exception: Of any kind, if they make no sense.
        """
        trials = self.study.get_trials(deepcopy=False)
        for trial in trials:
            self.options(trial)
            right = bool(np.isfinite(self.gains(trial)).all())
            if trial.state is TrialState.COMPLETE:
                right &= np.isfinite(trial.values).tolist() == [True]
            if trial.state in ENDED:
                right &= bool(trial.intermediate_values)
            if trial.number == 0:  # the usual options, which the others are compared with
                right &= trial.state is TrialState.COMPLETE or trials[1:] == []
                right &= trial.state in (TrialState.COMPLETE, TrialState.RUNNING)
            if not right:
                raise ValueError(trial)

    def _usual(self) -> dict[str, Any]:
        """Return the usual options that lie within their ranges."""
        usual = self._tuning.usual
        return {
            name: word
            for name, within in self._tuning.ranges.items()
            for word in within.words(usual[name])
        }

    def _draw(self, trials: list[FrozenTrial]) -> dict[str, Any]:
        """Draw options with a tree-structured Parzen estimator (TPE) from the ended trials.

        A trial's value for TPE is the mean gain over the usual options on its finished runs. A
        mean distance would be unfair to pruned trials whose runs had more difficult targets.
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
