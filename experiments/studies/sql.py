"""A run's study in an Optuna SQL database, written a generation at a time."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, insert, select

from patchwright.experiments.database.address import read_address, readable
from patchwright.experiments.database.connection import is_away
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.studies.run_study import RunStudy, Trials

_Row = dict[str, Any]
_Numbered = tuple[int, FrozenTrial]  # with the ID of its row


def open_studies(place: str | Path) -> RDBStorage:
    """Open or create an Optuna database.

    Args:
        place: SQLite file, or an address such as ``postgresql://user@host/name``.

    Raises:
        DatabaseAwayError: If the server does not answer.
        ExperimentError: If the database cannot be used.
    """
    url = read_address(place)
    with _named_errors(readable(url)):
        return RDBStorage(url.render_as_string(hide_password=False))


class StudyTables:
    """A run's study in a database, named like the run's folder.

    Optuna writes a trial with some 40 statements, in 10 to 50 ms. Here one transaction writes a
    generation, with one statement for each of Optuna's tables.

    Args:
        run: Run to write.
        storage: Database to write to.

    Attributes:
        count: Number of trials in the database.

    Raises:
        ExperimentError: If the database cannot be used, or holds another run of that name.
    """

    def __init__(self, run: RunStudy, storage: RDBStorage) -> None:
        self._storage = storage
        self._name = readable(storage.engine.url)
        with _named_errors(self._name):
            if run.name in [study.study_name for study in storage.get_all_studies()]:
                study = optuna.load_study(study_name=run.name, storage=storage)
            else:
                study = run.create(storage, run.name)
            if study.user_attrs.get("folder") != str(run.folder.path.resolve()):
                raise ExperimentError(
                    f"The database holds a study {run.name!r} of another folder: run with another "
                    "--out."
                )
            self._study_id = study._study_id
            self.count = len(study.get_trials(deepcopy=False))

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Append trials to those in the database.

        Raises:
            ExperimentError: If the database cannot be used.
        """
        if trials:
            with _named_errors(self._name), self._storage.engine.begin() as connection:
                self._insert(connection, trials)
            self.count += len(trials)

    def _insert(self, connection: Connection, trials: Sequence[FrozenTrial]) -> None:
        numbered = list(zip(self._insert_trials(connection, trials), trials, strict=True))
        _insert_params(connection, _params(numbered))
        for model, rows in (
            (models.TrialValueModel, _values(numbered)),
            (models.TrialUserAttributeModel, _attributes(numbered)),
        ):
            if rows:
                connection.execute(insert(model.__table__), rows)

    def _insert_trials(self, connection: Connection, trials: Sequence[FrozenTrial]) -> list[int]:
        """Insert the rows of trials, and return their IDs."""
        table = models.TrialModel.__table__
        rows: list[_Row] = [
            {
                "number": number,
                "study_id": self._study_id,
                "state": trial.state,
                "datetime_start": _utc(trial.datetime_start),
                "datetime_complete": _utc(trial.datetime_complete),
            }
            for number, trial in enumerate(trials, start=self.count)
        ]
        connection.execute(insert(table), rows)
        query = select(table.c.trial_id).where(
            table.c.study_id == self._study_id, table.c.number >= self.count
        )
        return list(connection.scalars(query.order_by(table.c.number)))


def count_trials(place: str | Path) -> dict[str, int]:
    """Return the number of trials by study in a database.

    Args:
        place: Database, as for `open_studies`.

    Raises:
        DatabaseAwayError: If the server does not answer.
        ExperimentError: If the database cannot be used.
    """
    storage = open_studies(place)
    with _named_errors(readable(storage.engine.url)):
        studies = optuna.get_all_study_summaries(storage, include_best_trial=False)
        return {study.study_name: study.n_trials for study in studies}


def write_study(run: RunStudy, storage: RDBStorage) -> None:
    """Write the trials of a run that a database does not have yet.

    Args:
        run: Run to write.
        storage: Database to write to.

    Raises:
        ExperimentError: If the database cannot be used, or holds another run of that name.
        SearchError: If the evaluation log is damaged.
    """
    tables, number = StudyTables(run, storage), 0
    for trials in Trials(run).logged():
        tables.add(trials[max(tables.count - number, 0) :])
        number += len(trials)


def _params(numbered: Sequence[_Numbered]) -> list[_Row]:
    """Return the rows of the parameters of trials."""
    columns = {
        name: (distribution.to_internal_repr, distribution_to_json(distribution))
        for name, distribution in numbered[0][1].distributions.items()
    }
    return [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": columns[name][0](value),
            "distribution_json": columns[name][1],
        }
        for trial_id, trial in numbered
        for name, value in trial.params.items()
    ]


def _values(numbered: Sequence[_Numbered]) -> list[_Row]:
    """Return the rows of the values of trials."""
    return [
        {
            "trial_id": trial_id,
            "objective": objective,
            "value": value,
            "value_type": models.TrialValueModel.TrialValueType.FINITE,
        }
        for trial_id, trial in numbered
        for objective, value in enumerate(trial.values or ())
    ]


def _attributes(numbered: Sequence[_Numbered]) -> list[_Row]:
    """Return the rows of the user attributes of trials."""
    return [
        {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
        for trial_id, trial in numbered
        for key, value in trial.user_attrs.items()
    ]


def _insert_params(connection: Connection, rows: list[_Row]) -> None:
    table = models.TrialParamModel.__table__
    if connection.dialect.driver != "psycopg":
        connection.execute(insert(table), rows)
        return
    # most rows are parameters; PostgreSQL copies them three times faster than it inserts them
    names = ", ".join(rows[0])
    driver: Any = connection.connection.driver_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(tuple(row.values()))
    except connection.dialect.loaded_dbapi.Error as error:
        raise StorageInternalError(str(error)) from error


def _utc(time: datetime | None) -> datetime | None:
    """Return a local time as Optuna stores it: UTC without a time zone."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def _named_errors(database: str) -> Iterator[None]:
    """Turn errors of the database, and what damaged cells lead to, into one that names it."""
    try:
        yield
    except ExperimentError:
        raise
    except Exception as error:  # Optuna names no errors for damaged cells
        away = is_away(error) or is_away(error.__cause__ or error)
        kind = DatabaseAwayError if away else ExperimentError
        raise kind(
            f"{database} cannot be used: check that it exists and can be written to, or name "
            "another database with --study."
        ) from error
