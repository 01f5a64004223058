"""Who is at work on what: locks that end with the process that holds them, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from sqlalchemy import text

from patchwright.experiments.database.connection import Database, told

# a server hears of a machine that went away after a minute and a half, not after two hours
_KEEPALIVES = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


@contextmanager
def claim(place: Database | Path, sha256: str) -> Iterator[bool]:
    """Take what only one process at a time may work on.

    In PostgreSQL it is an advisory lock, which the server frees when the connection ends. Beside a
    file of SQLite, and in a folder, it is a lock on an empty file, which the kernel frees when the
    process ends. So nothing is left behind by a process that was killed.

    Args:
        place: A database, or the folder of a suite.
        sha256: What is worked on, in hexadecimal digits.

    Yields:
        Whether it was free, and is held until the end.

    Raises:
        ExperimentError: If the database cannot be used.
    """
    if isinstance(place, Path):
        holding = _by_file(place / ".claims", sha256)
    elif place.engine.dialect.name == "sqlite":
        holding = _by_file(Path(f"{place.engine.url.database}.claims"), sha256)
    else:
        holding = _by_server(place, sha256)
    with holding as mine:
        yield mine


@contextmanager
def _by_file(folder: Path, sha256: str) -> Iterator[bool]:
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
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    number = int.from_bytes(bytes.fromhex(sha256)[:8], signed=True)
    with told(engine):
        connection = engine.connect()
    with connection:
        with told(engine):
            for name, value in _KEEPALIVES.items():
                connection.execute(text(f"SET {name} = {value}"))
            question = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=number)
            mine = bool(connection.scalar(question))
        yield mine
