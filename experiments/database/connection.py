"""Opening a database, upgrading its tables, and naming its errors."""

import sqlite3
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
from patchwright.experiments.database.cells import read_cell
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError

VERSION_TABLE = "patchwright_version"
"""Name of the version table; not Alembic's own, which Optuna uses in the same database."""

_PATIENCE = 60  # s that a process waits for others to finish writing
_CONNECTION = {  # of libpq: a server that went away without a word is noticed within a minute
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# why a server that answers refuses a connection for now
_PASSING = (
    *("starting up", "shutting down", "recovery", "not yet accepting"),
    *("too many clients", "slots are reserved"),
)
_LOCK = 0x50617463  # any number that no other program locks in PostgreSQL


@dataclass(frozen=True)
class Database:
    """An open database with the tables of this version.

    Attributes:
        engine: Engine of SQLAlchemy.
    """

    engine: Engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction: committed at the end, rolled back on an error.

        Yields:
            Session of SQLAlchemy.

        Raises:
            DatabaseAwayError: If the server does not answer.
            ExperimentError: If the database cannot be used.
        """
        with named_errors(self.engine), Session(self.engine) as session, session.begin():
            yield session


def open_database(place: str | Path) -> Database:
    """Open a database; create a missing file and upgrade older tables.

    Args:
        place: SQLite file, or an address such as ``postgresql://user@host/name``.

    Returns:
        The database, to which several processes may write at the same time.

    Raises:
        DatabaseAwayError: If the server does not answer.
        ExperimentError: If the database cannot be used, or a newer version made it.

    Examples:
        >>> from patchwright.experiments.database import find
        >>> database = open_database("results.db")
        >>> with database.session() as session:
        ...     len(list(find(session)))
        0
    """
    url = read_address(place)
    waits = {"timeout": _PATIENCE}
    if url.get_backend_name() != "sqlite":
        waits = {key: value for key, value in _CONNECTION.items() if key not in url.query}
    engine = create_engine(url, connect_args=waits, poolclass=NullPool, json_deserializer=read_cell)
    with named_errors(engine):
        _upgrade(engine)
    return Database(engine)


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "patchwright.experiments:database/migrations")
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        revision = context.get_current_revision()
        if revision == scripts.get_current_head():
            return
        if revision not in (None, *(script.revision for script in scripts.walk_revisions())):
            raise ExperimentError(
                f"{readable(engine.url)} was made by a newer version: upgrade Patchwright, or name "
                "another database."
            )
        connection.rollback()  # the revision may have changed before the lock is held
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _lock(connection: Connection) -> None:
    """Begin a transaction that excludes other processes."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


@contextmanager
def named_errors(engine: Engine) -> Iterator[None]:
    """Turn errors of a database into a sentence that names it and the mend."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        kind = DatabaseAwayError if is_away(error) else ExperimentError
        raise kind(
            f"{readable(engine.url)} cannot be used ({reason.rstrip('.')}): check that it exists "
            "and can be written to, or name another database with --results."
        ) from error


def is_away(error: BaseException) -> bool:
    """Return whether an error says that a server does not answer now.

    A server that is shut down or starts up counts; a wrong name or password does not.
    """
    driver = getattr(error, "orig", None) or error
    names = {cls.__name__ for cls in type(driver).__mro__}  # of PEP 249, the same in each driver
    if names.isdisjoint({"OperationalError", "InterfaceError"}):
        return False
    said, code = str(driver), getattr(driver, "sqlstate", None)
    if isinstance(driver, sqlite3.Error):
        return "locked" in said
    if code is not None:  # connection exceptions, too many connections, operator intervention
        return str(code)[:2] in ("08", "53", "57")
    return "FATAL:" not in said or any(words in said for words in _PASSING)
