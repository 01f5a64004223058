"""A run's study in an SQL database of Optuna's, written when the search is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from experiments.database.address import read_address, readable
from experiments.errors import ExperimentError
from experiments.studies.run_study import RunStudy, Trials


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


def write_study(run: RunStudy, storage: RDBStorage) -> None:
    """Write a run's study to a database, a generation at a time; go on where it ends there.

    A trial costs 10 to 50 ms, so this is for runs whose search is over.

    Args:
        run: Whose; the study has the name of its folder.
        storage: Where to.

    Raises:
        ExperimentError: If the database refuses it, or holds another run of that name.
    """
    with _told(readable(storage.engine.url)):
        if run.name in [study.study_name for study in storage.get_all_studies()]:
            study = optuna.load_study(study_name=run.name, storage=storage)
        else:
            study = run.create(storage, run.name)
        if study.user_attrs.get("folder") != str(run.folder.path.resolve()):
            raise ExperimentError(
                f"The database holds a study {run.name!r} of another folder: give the run another "
                "--out."
            )
        there = len(study.get_trials(deepcopy=False))
        for trials in Trials(run).new():
            study.add_trials(trials[there:])
            there = max(there - len(trials), 0)


@contextmanager
def _told(database: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise ExperimentError(
            f"{database} cannot be used: check that it is there and may be written to, or give "
            "another database with --study."
        ) from error
