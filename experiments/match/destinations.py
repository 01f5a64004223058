"""Databases that finished runs are written to, in addition to their folders."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.patience import growing_pauses
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.records.run_folder import RunFolder

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

    from patchwright.experiments.database import Database

_log = logging.getLogger(__name__)

# what needs SQLAlchemy is imported where it is used, because it is slow to import


@dataclass(frozen=True)
class Destinations:
    """Databases, opened before the search so that a mistake costs nothing.

    Attributes:
        results: Results database, one row per run; see `experiments.database`.
        studies: Optuna database, one study per run.
    """

    results: "Database | None"
    studies: "RDBStorage | None"

    @classmethod
    def open(cls, results: str | None, study: str | None) -> "Destinations":
        """Open the databases that are named.

        Args:
            results: SQLite file, or ``postgresql://USER@HOST/NAME``.
            study: Likewise, for Optuna studies.

        Raises:
            DatabaseAwayError: If a server does not answer.
            ExperimentError: If one cannot be used.
        """
        database = studies = None
        if results is not None:
            from patchwright.experiments.database import open_database

            database = open_database(results)
        if study is not None:
            from patchwright.experiments.studies.sql import open_studies

            studies = open_studies(study)
        return cls(database, studies)

    def write(self, folder: RunFolder, *, patience: float = 0.0) -> None:
        """Write a finished run: the study first, so that every run in the results has one.

        Args:
            folder: Folder of the run.
            patience: Seconds for which a server that does not answer is tried again.

        Raises:
            DatabaseAwayError: If a server does not answer.
            ExperimentError: If a database cannot be written to.
        """
        for pause in growing_pauses(patience):
            try:
                self._write(folder)
            except DatabaseAwayError as error:
                _log.warning("%s Trying again in %.0f s.", error, pause)
                time.sleep(pause)
            else:
                return
        try:
            self._write(folder)
        except ExperimentError as error:
            raise type(error)(
                f"{error} The run in {folder.path} is finished: the same command with --resume and "
                "--out writes it to the database."
            ) from error

    def _write(self, folder: RunFolder) -> None:
        if self.studies is not None:
            from patchwright.experiments.studies.run_study import RunStudy
            from patchwright.experiments.studies.sql import write_study

            write_study(RunStudy.read(folder.path), self.studies)
        if self.results is not None:
            from patchwright.experiments.database import add_run

            add_run(self.results, read_run(folder.path))
