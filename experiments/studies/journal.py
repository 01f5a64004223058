"""A run's study as an Optuna journal file, written a generation at a time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.trial import FrozenTrial

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.synths.whole_file import own_file

RUN_JOURNAL = "study.journal"
TUNE_JOURNAL = "tune.journal"


class StudyJournal:
    """A run's study in `study.journal` of its folder.

    Optuna writes one trial at a time and waits 4 ms or more for the disk each time. Here a
    generation is written at once: Optuna makes one record in memory, and the others are modelled
    on it. Distributions, most of a record, are written in a short form that Optuna reads as well.

    Args:
        run: Run to write.

    Attributes:
        count: Number of trials in the journal.

    Raises:
        ExperimentError: If the journal exists and is damaged.
    """

    def __init__(self, run: RunStudy) -> None:
        self._run = run
        self._path = own_file(run.folder.path / RUN_JOURNAL)
        self.count = self._count_trials()
        self._file = _journal_file(self._path)
        # here and not in `add`: it changes Optuna's log level, and `add` runs in another thread
        self._collected = _Collected()
        self._study = run.create(JournalStorage(self._collected), run.name)
        self._begun = self._collected.records[:]

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Append trials to those in the journal."""
        if trials:
            self._file.append_logs(self._records(trials))
            self.count += len(trials)

    def _records(self, trials: Sequence[FrozenTrial]) -> list[dict[str, Any]]:
        """Return Optuna's records of trials, after those of the study if the journal is empty."""
        records = [] if self._path.stat().st_size else self._begun[:]
        self._study.add_trial(trials[0])
        model = self._collected.records[-1]
        distributions = trials[0].distributions
        short = {name: _short(each) for name, each in distributions.items()}
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
        storage = open_journal(self._path, "remove it, then repeat the command with --resume")
        return sum(
            len(storage.get_all_trials(study._study_id, deepcopy=False))
            for study in storage.get_all_studies()
        )


def open_journal(path: Path, mend: str) -> JournalStorage:
    """Open or create a journal, and remove a last line that was cut off.

    This process must hold the lock of the folder.

    Args:
        path: Journal file.
        mend: Advice for the error message if the journal is damaged.

    Raises:
        ExperimentError: If the journal is damaged.
        SynthError: If the journal is a link.
    """
    whole = 0
    if own_file(path).exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
    storage = read_journal(path, mend)
    if whole and not storage.get_all_studies():
        raise ExperimentError(f"{path} is damaged: {mend}.")
    return storage


def read_journal(path: Path, mend: str) -> JournalStorage:
    """Open a journal that another process may be writing.

    Args:
        path: Journal file.
        mend: Advice for the error message if the journal is damaged.

    Raises:
        ExperimentError: If the journal is damaged.
    """
    with named_damage(path, mend):
        return JournalStorage(_journal_file(path))


@contextmanager
def named_damage(path: Path, mend: str) -> Iterator[None]:
    """Turn what a damaged journal leads to into a sentence that names it.

    Args:
        path: Journal file that is read in the block.
        mend: Advice for the error message.
    """
    try:
        yield
    except (ExperimentError, OSError):
        raise
    except Exception as error:  # Optuna asserts, and names no errors for damaged records
        raise ExperimentError(f"{path} is damaged: {mend}.") from error


class _FolderLock(BaseJournalFileLock):
    """No lock of the journal's own: its writer holds the lock of the folder.

    Optuna's lock is a link, which outlives a killed process, and is waited for without end.
    """

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _journal_file(path: Path) -> JournalFileBackend:
    return JournalFileBackend(str(path), _FolderLock())


def _utc(time: datetime | None) -> str | None:
    """Return a local time as Optuna writes it in a journal."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def _short(distribution: BaseDistribution) -> str:
    """Return a distribution in Optuna's abbreviated JSON, a third as long as the usual form."""
    short: dict[str, Any]
    if isinstance(distribution, CategoricalDistribution):
        short = {"type": "categorical", "choices": distribution.choices}
    elif isinstance(distribution, IntDistribution):
        short = {"type": "int", "low": distribution.low, "high": distribution.high}
    elif isinstance(distribution, FloatDistribution):
        short = {"type": "float", "low": distribution.low, "high": distribution.high}
        short |= {"log": True} if distribution.log else {}
    else:
        raise TypeError(distribution)
    return json.dumps(short, separators=(",", ":"))


class _Collected(BaseJournalBackend):
    """A journal in memory."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Return the records from a number on."""
        return self.records[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records."""
        self.records += logs
