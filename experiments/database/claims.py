"""Claims of runs: locks that end with their process, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from patchwright.experiments.database.connection import Database, named_errors
from patchwright.experiments.records.folder_lock import claimed

# PostgreSQL notices a lost machine after 90 s, instead of two hours
_KEEPALIVES = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


@contextmanager
def claim(database: Database, sha256: str) -> Iterator[bool]:
    """Claim something that only one process at a time may work on.

    In PostgreSQL a claim is an advisory lock, which the server releases when the connection ends.
    For a SQLite file it is a lock on an empty file beside it. A killed process therefore leaves no
    claim behind.

    Args:
        database: Database that all who may do the work use.
        sha256: Hash that identifies the work, in hexadecimal digits.

    Yields:
        True if the claim is held until the end of the block, False if another process holds it.

    Raises:
        DatabaseAwayError: If the server does not answer.
        ExperimentError: If the database cannot be used.
    """
    if database.engine.dialect.name == "sqlite":
        claiming = claimed(Path(f"{database.engine.url.database}.claims"), sha256)
    else:
        claiming = _by_server(database, sha256)
    with claiming as mine:
        yield mine


@contextmanager
def _by_server(database: Database, sha256: str) -> Iterator[bool]:
    """Claim with an advisory lock of PostgreSQL."""
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    number = int.from_bytes(bytes.fromhex(sha256)[:8], signed=True)
    with named_errors(engine):
        connection = engine.connect()
    try:
        with named_errors(engine):
            for name, value in _KEEPALIVES.items():
                connection.execute(text(f"SET {name} = {value}"))
            query = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=number)
            mine = bool(connection.scalar(query))
        yield mine
    finally:
        with suppress(SQLAlchemyError):  # the server may have gone, and the claim with it
            connection.close()
