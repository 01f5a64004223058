"""A run's study in an SQL database of Optuna's, a generation at a time."""

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
from sqlalchemy.exc import SQLAlchemyError

from patchwright.experiments.database.address import read_address, readable
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studies.run_study import RunStudy, Trials


def open_studies(place: str | Path) -> RDBStorage:
    """Open a database of Optuna's studies, or make one.

    Args:
        place: A file of SQLite, or an address such as ``postgresql://user@host/name``.

    Raises:
        ExperimentError: If it cannot be used.
    """
    url = read_address(place)
    with _told(readable(url)):
        return RDBStorage(url.render_as_string(hide_password=False))


class StudyTables:
    """A run's study in a database; it has the name of the run's folder.

    Optuna writes a trial with some 40 statements, in 10 to 50 ms. Here a generation's rows go into
    each of Optuna's tables at once, in one transaction.

    Args:
        run: Whose.
        storage: Where to.

    Raises:
        ExperimentError: If the database refuses it, or holds another run of that name.
    """

    def __init__(self, run: RunStudy, storage: RDBStorage) -> None:
        self._storage = storage
        self._name = readable(storage.engine.url)
        with _told(self._name):
            if run.name in [study.study_name for study in storage.get_all_studies()]:
                study = optuna.load_study(study_name=run.name, storage=storage)
            else:
                study = run.create(storage, run.name)
            if study.user_attrs.get("folder") != str(run.folder.path.resolve()):
                raise ExperimentError(
                    f"The database holds a study {run.name!r} of another folder: give the run "
                    "another --out."
                )
            self._study_id = study._study_id
            self.count = len(study.get_trials(deepcopy=False))

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Write trials that come after those that are there.

        Raises:
            ExperimentError: If the database refuses them.
        """
        if trials:
            with _told(self._name), self._storage.engine.begin() as connection:
                self._insert(connection, trials)
            self.count += len(trials)

    def _insert(self, connection: Connection, trials: Sequence[FrozenTrial]) -> None:
        table = models.TrialModel.__table__
        rows: list[dict[str, Any]] = [
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
        numbered = list(
            zip(connection.scalars(query.order_by(table.c.number)), trials, strict=True)
        )
        columns = {
            name: (told.to_internal_repr, distribution_to_json(told))
            for name, told in trials[0].distributions.items()
        }
        params = [
            {
                "trial_id": place,
                "param_name": name,
                "param_value": columns[name][0](value),
                "distribution_json": columns[name][1],
            }
            for place, trial in numbered
            for name, value in trial.params.items()
        ]
        values = [
            {
                "trial_id": place,
                "objective": objective,
                "value": value,
                "value_type": models.TrialValueModel.TrialValueType.FINITE,
            }
            for place, trial in numbered
            for objective, value in enumerate(trial.values or ())
        ]
        attributes = [
            {"trial_id": place, "key": key, "value_json": json.dumps(value)}
            for place, trial in numbered
            for key, value in trial.user_attrs.items()
        ]
        _add_params(connection, params)
        for model, new in (
            (models.TrialValueModel, values),
            (models.TrialUserAttributeModel, attributes),
        ):
            if new:
                connection.execute(insert(model.__table__), new)


def write_study(run: RunStudy, storage: RDBStorage) -> None:
    """Write a run's study to a database; go on where it ends there.

    Args:
        run: Whose.
        storage: Where to.

    Raises:
        ExperimentError: If the database refuses it, or holds another run of that name.
    """
    tables, number = StudyTables(run, storage), 0
    for trials in Trials(run).logged():
        tables.add(trials[max(tables.count - number, 0) :])
        number += len(trials)


def _add_params(connection: Connection, rows: list[dict[str, Any]]) -> None:
    table = models.TrialParamModel.__table__
    if connection.dialect.driver != "psycopg":
        connection.execute(insert(table), rows)
        return
    # most of all rows; PostgreSQL takes them three times faster in one piece
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
    """As Optuna stores it."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def _told(database: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise ExperimentError(
            f"{database} cannot be used: check that it is there and may be written to, or give "
            "another database with --study."
        ) from error
