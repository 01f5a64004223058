"""Opening the database, bringing its tables to this version, and what can go wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from patchwright.experiments.database.address import read_address, readable
from patchwright.experiments.errors import ExperimentError

VERSION_TABLE = "patchwright_version"
"""Not Alembic's usual one, so that Optuna's studies can lie in the same database."""

_PATIENCE = 60  # seconds that a process waits for others to finish writing
_LOCK = 0x50617463  # any number that no other program locks in PostgreSQL


@dataclass(frozen=True)
class Database:
    """An open database whose tables are those of this version.

    Attributes:
        engine: Of SQLAlchemy.
    """

    engine: Engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: kept if it ends well, undone if not.

        Raises:
            ExperimentError: If the database refuses it.
        """
        with told(self.engine), Session(self.engine) as session, session.begin():
            yield session


def open_database(place: str | Path) -> Database:
    """Open a database; make it if it is a file that is not there, bring it up to date if older.

    Args:
        place: A file of SQLite, or an address such as ``postgresql://user@host/name``.

    Returns:
        The database. Several processes may write to it at the same time.

    Raises:
        ExperimentError: If it cannot be used, or a newer version made it.
    """
    url = read_address(place)
    waits = {"timeout": _PATIENCE} if url.get_backend_name() == "sqlite" else {}
    engine = create_engine(url, connect_args=waits, poolclass=NullPool)
    with told(engine):
        _upgrade(engine)
    return Database(engine)


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "patchwright.experiments:database/migrations")
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        found = context.get_current_revision()
        if found == scripts.get_current_head():
            return
        if found not in (None, *(script.revision for script in scripts.walk_revisions())):
            raise ExperimentError(
                f"{readable(engine.url)} was made by a newer version: upgrade Patchwright, or give "
                "another database."
            )
        connection.rollback()  # what was read may be old once the lock is had
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _lock(connection: Connection) -> None:
    """Begin a transaction that only one process at a time can be in."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Tell in a sentence what a database cannot do."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise ExperimentError(
            f"{readable(engine.url)} cannot be used ({said.rstrip('.')}): check it, or give "
            "another database with --results."
        ) from error
