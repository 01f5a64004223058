"""A callback that keeps a run's study up to date during the search."""

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from optuna.storages import RDBStorage

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.journal import StudyJournal
from patchwright.experiments.studies.run_study import RunStudy, Trials
from patchwright.search import Batch, Generation

if TYPE_CHECKING:
    from patchwright.experiments.studies.sql import StudyTables

_PAUSE = 1.0  # s between two writes, so that small generations share one wait for the disk


class StudyRecorder:
    """Writes generations to a run's journal, and to a database, in its own thread.

    It is a callback of `search.run`, and a context manager that writes the rest when it exits. A
    database that fails is given up; `studies.sql.write_study` writes it when the run is finished.

    Args:
        run: Run whose search begins at generation 0, replayed or not.
        storage: Database besides the journal; None if unused.

    Raises:
        ExperimentError: If the journal is damaged, or the database holds another run of that name.
    """

    def __init__(self, run: RunStudy, storage: RDBStorage | None = None) -> None:
        self._trials = Trials(run)
        self._number = 0
        self._waiting: deque[Batch] = deque()
        self._journal = StudyJournal(run)
        self._tables: StudyTables | None = None
        if storage is not None:
            from patchwright.experiments.studies import sql  # here, because it is slow to import

            self._tables = sql.StudyTables(run, storage)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="study")
        self._writing: Future[None] = self._thread.submit(lambda: None)
        self._due = 0.0

    def __call__(self, state: Generation) -> None:
        """Queue the batch of a generation, and start a write unless one was just made."""
        if state.batch is not None:
            self._waiting.append(state.batch)
        if self._writing.done() and time.monotonic() >= self._due:
            self._begin()

    def __enter__(self) -> "StudyRecorder":
        return self

    def __exit__(self, failed: type[BaseException] | None, *exception: object) -> None:
        with self._thread:
            wait([self._writing])
            if failed is None or self._writing.exception() is None:
                self._begin()
        if failed is None:
            self._writing.result()

    def _begin(self) -> None:
        self._writing.result()  # raises the error of the last write
        self._due = time.monotonic() + _PAUSE
        self._writing = self._thread.submit(self._write)

    def _write(self) -> None:
        while self._waiting:
            trials = self._trials.of(self._waiting.popleft())
            first, self._number = self._number, self._number + len(trials)
            self._journal.add(trials[max(self._journal.count - first, 0) :])
            if self._tables is None:
                continue
            try:
                self._tables.add(trials[max(self._tables.count - first, 0) :])
            except ExperimentError:
                self._tables = None
