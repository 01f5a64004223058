"""A run as an Optuna study, whose trials are its evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from patchwright.experiments.config import ExperimentConfig, check_experiment
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.studies.new_study import new_study
from patchwright.experiments.terminal.plain_text import shown
from patchwright.search import Batch, EvaluationLog, Evaluations
from patchwright.synths import Status
from patchwright.synths.parameters import Array, Parameter, Subspace, Value
from patchwright.synths.plugins.spec import read_space
from patchwright.synths.yaml_file import read_yaml


@dataclass(frozen=True, eq=False)
class RunStudy:
    """A finished or unfinished run as an Optuna study.

    Attributes:
        folder: Folder of the run.
        config: Config of the run.
        subspace: Free parameters of the run; the trials have these, in real units.
    """

    folder: RunFolder
    config: ExperimentConfig
    subspace: Subspace

    @classmethod
    def read(cls, path: Path) -> "RunStudy":
        """Read a run from its folder.

        Raises:
            ExperimentError: If the config is damaged.
            SynthError: If a file is missing or is not YAML.
        """
        folder = RunFolder(path)
        config = check_experiment(read_yaml(folder.config), str(folder.config))
        space = read_space(folder.synth)
        return cls(folder, config, config.synth.subspace(space))

    @property
    def name(self) -> str:
        """Name of the study in the run's own journal."""
        return shown(self.folder.path.resolve().name)

    def create(self, storage: BaseStorage, name: str) -> optuna.Study:
        """Create the study in a storage, without trials."""
        titles = [objective.title for objective in self.config.objectives]
        attributes = {
            "folder": str(self.folder.path.resolve()),
            "target": self.config.target.name,
            "synth": self.config.synth.name,
            "method": self.config.search.method,
            "seed": self.config.seed,
        }
        return new_study(storage, name, titles, attributes)


class Trials:
    """Makes a run's trials from its evaluations, one generation after the other.

    Trials have the order of the evaluation log. A failed render is a failed trial.

    Args:
        run: Run whose trials are made.

    Attributes:
        numbers: Number of the first trial of each preset, by the bytes of its values `[P]`.
    """

    def __init__(self, run: RunStudy) -> None:
        titles = [objective.title for objective in run.config.objectives]
        self.numbers: dict[bytes, int] = {}
        self._subspace = run.subspace
        self._log = EvaluationLog(run.folder.evaluations, run.subspace.names, titles)
        self._parameters = [run.subspace.space.parameters[i] for i in run.subspace.free]
        self._distributions = {p.name: distribution(p) for p in self._parameters}
        self._generation = self._count = 0
        self._clock = datetime.fromtimestamp(run.folder.config.stat().st_mtime)

    def logged(self) -> Iterator[list[FrozenTrial]]:
        """Read the generations logged since the last call.

        Yields:
            The trials of each generation.

        Raises:
            SearchError: If the log is damaged.
        """
        while (entry := self._log.read(self._generation)) is not None:
            evaluations, seconds = entry
            values = self._subspace.decode(evaluations.genotypes)
            yield self.of(Batch(evaluations, values, seconds))

    def of(self, batch: Batch) -> list[FrozenTrial]:
        """Make the trials of the next generation."""
        self._clock += timedelta(seconds=batch.seconds)
        for number, row in enumerate(batch.values, start=self._count):
            self.numbers.setdefault(row.tobytes(), number)
        trials = self._trials(batch.evaluations, batch.values)
        self._generation += 1
        self._count += len(trials)
        return trials

    def _trials(self, evaluations: Evaluations, values: Array) -> list[FrozenTrial]:
        free = values[:, self._subspace.free].T
        columns = [real_values(p, column) for p, column in zip(self._parameters, free, strict=True)]
        rows = zip(
            zip(*columns, strict=True),
            evaluations.scores.tolist(),
            np.isfinite(evaluations.scores),
            evaluations.status.tolist(),
            evaluations.seconds.tolist(),
            strict=True,
        )
        trials = []
        for readable, scores, finite, status, seconds in rows:
            trial = FrozenTrial(
                number=-1,  # the storage numbers trials
                trial_id=-1,
                state=TrialState.COMPLETE if finite.all() else TrialState.FAIL,
                value=None,
                values=scores if finite.all() else None,
                # on the search's own clock, where a resumed run has no gap
                datetime_start=self._clock - timedelta(seconds=seconds),
                datetime_complete=self._clock,
                params=dict(zip(self._subspace.names, readable, strict=True)),
                distributions=self._distributions,
                user_attrs={
                    "generation": self._generation,
                    "status": Status(status).name,
                    "render_seconds": seconds,
                },
                system_attrs={},
                intermediate_values={},
            )
            trials.append(trial)
        return trials


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return the Optuna distribution of a parameter, in real units.

    Examples:
        >>> cutoff = Parameter(
        ...     name="cutoff", kind="continuous", default=1_000, low=30, high=18_000, scale="log"
        ... )
        >>> distribution(cutoff)
        FloatDistribution(high=18000.0, log=True, low=30.0, step=None)
    """
    if parameter.kind == "boolean":
        return CategoricalDistribution((False, True))
    if parameter.kind == "categorical":
        return CategoricalDistribution(parameter.choices)
    if parameter.kind == "integer":
        return IntDistribution(int(parameter.low), int(parameter.high))
    return FloatDistribution(parameter.low, parameter.high, log=parameter.scale == "log")


def real_values(parameter: Parameter, normalised: Array) -> list[Value]:
    """Return the values of trials, in real units, for normalised values `[n]` of a parameter."""
    real = parameter.real(normalised)
    if parameter.kind == "continuous":
        # rounding can end just outside the range
        return [*np.clip(real, parameter.low, parameter.high).tolist()]
    whole = [int(level) for level in real]
    if parameter.kind == "integer":
        return [*whole]
    choices = parameter.choices or (False, True)
    return [choices[level] for level in whole]
