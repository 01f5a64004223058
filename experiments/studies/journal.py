"""A run's study as a journal file of Optuna's, a generation at a time."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from optuna.trial import FrozenTrial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.run_study import RunStudy

RUN_JOURNAL = "study.journal"
TUNE_JOURNAL = "tune.journal"


class StudyJournal:
    """A run's study in `study.journal` of its folder.

    Optuna writes a journal a trial at a time and waits for the disk each time, 4 ms or more. Here
    a generation is written at once: one record is made by Optuna in memory, and the others after
    it. What parameters may be, most of a record, is in the short form that Optuna reads as well.

    Args:
        run: Whose.

    Attributes:
        count: Trials that it holds.

    Raises:
        ExperimentError: If there is a journal that is damaged.
    """

    def __init__(self, run: RunStudy) -> None:
        self._run = run
        self._path = run.folder.path / RUN_JOURNAL
        self.count = self._count_trials()
        self._file = JournalFileBackend(str(self._path))
        # here, since it changes how much Optuna tells, and records are added in another thread
        self._collected = _Collected()
        self._study = run.create(JournalStorage(self._collected), run.name)
        self._begun = self._collected.records[:]

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Write trials that come after those that are there."""
        if trials:
            self._file.append_logs(self._records(trials))
            self.count += len(trials)

    def _records(self, trials: Sequence[FrozenTrial]) -> list[dict[str, Any]]:
        """What Optuna writes of trials; of the study too, if the journal is empty."""
        records = [] if self._path.stat().st_size else self._begun[:]
        self._study.add_trial(trials[0])
        model = self._collected.records[-1]
        distributions = trials[0].distributions
        short = {name: _short(told) for name, told in distributions.items()}
        for trial in trials:
            values = trial.values
            several = values is not None and len(values) > 1
            records.append(
                model
                | {
                    "datetime_start": _utc(trial.datetime_start),
                    "datetime_complete": _utc(trial.datetime_complete),
                    "state": trial.state,
                    "value": None if several or not values else values[0],
                    "values": values if several else None,
                    "params": {
                        name: distributions[name].to_internal_repr(value)
                        for name, value in trial.params.items()
                    },
                    "distributions": short,
                    "user_attrs": trial.user_attrs,
                }
            )
        return records

    def _count_trials(self) -> int:
        if not self._path.exists():
            return 0
        mend = f"remove it, then go on with '{self._run.folder.resume_command}'"
        storage = open_journal(self._path, mend)
        return sum(
            len(storage.get_all_trials(study._study_id, deepcopy=False))
            for study in storage.get_all_studies()
        )


def open_journal(path: Path, mend: str) -> JournalStorage:
    """Open a journal, or begin one; a line that was cut off is removed.

    Args:
        path: Of the file.
        mend: What to do if it is damaged.

    Raises:
        ExperimentError: If it is damaged.
    """
    whole = 0
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        if whole and not storage.get_all_studies():
            raise ValueError("no study")
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(f"{path} is damaged: {mend}.") from error
    return storage


def _utc(time: datetime | None) -> str | None:
    """As Optuna writes it."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def _short(distribution: BaseDistribution) -> str:
    """A distribution in Optuna's abbreviated JSON, a third as long as what it writes itself."""
    told: dict[str, Any]
    if isinstance(distribution, CategoricalDistribution):
        told = {"type": "categorical", "choices": distribution.choices}
    elif isinstance(distribution, IntDistribution):
        told = {"type": "int", "low": distribution.low, "high": distribution.high}
    elif isinstance(distribution, FloatDistribution):
        told = {"type": "float", "low": distribution.low, "high": distribution.high}
        told |= {"log": True} if distribution.log else {}
    else:
        raise TypeError(distribution)
    return json.dumps(told, separators=(",", ":"))


class _Collected(BaseJournalBackend):
    """A journal in memory."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Records from a number on."""
        return self.records[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add records."""
        self.records += logs
