"""Claims of runs: locks that end with their process, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from patchwright.experiments.database.connection import Database, named_errors

# PostgreSQL notices a lost machine after 90 s, instead of two hours
_KEEPALIVES = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


@contextmanager
def claim(place: Database | Path, sha256: str) -> Iterator[bool]:
    """Claim something that only one process at a time may work on.

    In PostgreSQL a claim is an advisory lock, which the server releases when the connection ends.
    For a SQLite file or a folder it is a lock on an empty file, which the kernel releases when the
    process ends. A killed process therefore leaves no claim behind.

    Args:
        place: Database, or folder of a suite.
        sha256: Hash that identifies the work, in hexadecimal digits.

    Yields:
        True if the claim is held until the end of the block, False if another process holds it.

    Raises:
        DatabaseAwayError: If the server does not answer.
        ExperimentError: If the database cannot be used.
    """
    if isinstance(place, Path):
        claimed = _by_file(place / ".claims", sha256)
    elif place.engine.dialect.name == "sqlite":
        claimed = _by_file(Path(f"{place.engine.url.database}.claims"), sha256)
    else:
        claimed = _by_server(place, sha256)
    with claimed as mine:
        yield mine


@contextmanager
def _by_file(folder: Path, sha256: str) -> Iterator[bool]:
    """Claim with a file lock."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / sha256, blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


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
