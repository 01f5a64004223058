"""The databases that finished runs go to, besides their folders."""

from dataclasses import dataclass

from optuna.storages import RDBStorage

from patchwright.experiments.database import Database, open_database, record
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.run_record import read_record
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.experiments.studies.sql import open_studies, write_study


@dataclass(frozen=True)
class Destinations:
    """Databases, opened before a search that would be lost on them.

    Attributes:
        results: Gets a row a run; see `patchwright.experiments.database`.
        studies: Of Optuna's; gets a study a run.
    """

    results: Database | None
    studies: RDBStorage | None

    @classmethod
    def open(cls, results: str | None, study: str | None) -> "Destinations":
        """Open the databases that are named.

        Args:
            results: A file of SQLite, or ``postgresql://USER@HOST/NAME``.
            study: The same, for Optuna.

        Raises:
            ExperimentError: If one cannot be used.
        """
        return cls(
            None if results is None else open_database(results),
            None if study is None else open_studies(study),
        )

    def write(self, folder: RunFolder) -> None:
        """Write a finished run; one that is among the results is a study as well."""
        if self.studies is not None:
            write_study(RunStudy.read(folder.path), self.studies)
        if self.results is not None:
            record(self.results, read_record(folder.path))
