"""A PostgreSQL server for the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needs import missing, need_package


@contextmanager
def server() -> Iterator[str]:
    """Run a server on the loopback interface; skip the test if PostgreSQL is not installed.

    Yields:
        The address of the server, such as ``postgresql://user@127.0.0.1:5432``.
    """
    need_package("psycopg", "postgresql")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(installed[-1]) if installed else None)
    if initdb is None:
        missing("PostgreSQL's server is not installed, and need not be (Debian: postgresql)")
    pg_ctl = Path(initdb).resolve().with_name("pg_ctl")
    user = "postgres" if os.getuid() == 0 else None  # it refuses to be run by root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        if user is not None:
            shutil.chown(folder, user)
        data = f"{folder}/data"

        def call(*command: object) -> None:
            words = [str(word) for word in command]
            subprocess.run(words, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

        call(initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        call(pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", f"{options} -F", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            call(pg_ctl, "-D", data, "-m", "immediate", "stop")


def new_database(server: str) -> str:
    """Make an empty database, and return its address."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"
