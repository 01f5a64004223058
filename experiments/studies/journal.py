"""A run's study as a journal file of Optuna's, written while the run goes on."""

from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend
from optuna.trial import FrozenTrial

from experiments.errors import ExperimentError
from experiments.studies.run_study import RunStudy, Trials
from search import Generation


class StudyJournal:
    """Keeps a run's journal up to date; a callback of `search.run`.

    Optuna writes a journal a trial at a time and waits for the disk each time, 4 ms or more. Here
    its records are collected in memory, and a generation is written at once.

    Args:
        run: Whose; its journal is `study.journal` in its folder.

    Raises:
        ExperimentError: If there is a journal that is damaged.
    """

    def __init__(self, run: RunStudy) -> None:
        self._run = run
        self._path = run.folder.path / "study.journal"
        self._trials = Trials(run)
        self._there = self._count_trials()
        self._file = JournalFileBackend(str(self._path))

    def __call__(self, state: Generation) -> None:
        """Write what is new; the state says only that there is some."""
        for trials in self._trials.new():
            unwritten, self._there = trials[self._there :], max(self._there - len(trials), 0)
            records = self._records(unwritten)
            if records:
                self._file.append_logs(records)

    def _records(self, trials: list[FrozenTrial]) -> list[dict[str, Any]]:
        """What Optuna writes of trials; of the study too, if the journal is empty."""
        collected = _Collected()
        study = self._run.create(JournalStorage(collected), self._run.name)
        begun = len(collected.records)
        study.add_trials(trials)
        return collected.records[0 if not self._path.stat().st_size else begun :]

    def _count_trials(self) -> int:
        """How many trials the journal holds; a line that was cut off is removed."""
        if not self._path.exists():
            return 0
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self._path.open("r+b") as file:
                file.truncate(whole)
        if not whole:
            return 0
        try:
            storage = JournalStorage(JournalFileBackend(str(self._path)))
            [study] = storage.get_all_studies()
        except (ValueError, KeyError, TypeError) as error:
            raise ExperimentError(
                f"{self._path} is damaged: remove it, then go on with "
                f"'{self._run.folder.resume_command}'."
            ) from error
        return len(storage.get_all_trials(study._study_id, deepcopy=False))


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
