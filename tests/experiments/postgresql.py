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


class Server:
    """A server on the loopback interface.

    Attributes:
        address: Its address, such as ``postgresql://user@127.0.0.1:5432``.
    """

    def __init__(self, pg_ctl: Path, folder: str, port: int, user: str | None) -> None:
        self.address = f"postgresql://postgres@127.0.0.1:{port}"
        self._command = [str(pg_ctl), "-D", f"{folder}/data", "-w"]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        self._options = ["-l", f"{folder}/log", "-o", f"{options} -F"]
        self._folder = folder
        self._user = user

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._call(*self._options, "start")

    def stop(self) -> None:
        """Stop it at once, and end all connections."""
        self._call("-m", "immediate", "stop")

    def _call(self, *words: str) -> None:
        subprocess.run(
            [*self._command, *words],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def server() -> Iterator[str]:
    """Run a server; skip the test if PostgreSQL is not installed.

    Yields:
        The address of the server.
    """
    with stoppable_server() as found:
        yield found.address


@contextmanager
def stoppable_server() -> Iterator[Server]:
    """Run a server that the test may stop and start; it must run at the end.

    Yields:
        The server.
    """
    need_package("psycopg", "postgresql")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(installed[-1]) if installed else None)
    if initdb is None:
        missing("PostgreSQL's server is not installed, and need not be (Debian: postgresql)")
    user = "postgres" if os.getuid() == 0 else None  # it refuses to be run by root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        if user is not None:
            shutil.chown(folder, user)
        command = [initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(
            [*command, "-E", "UTF8"], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL
        )
        made = Server(Path(initdb).resolve().with_name("pg_ctl"), folder, port, user)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def new_database(server: str) -> str:
    """Make an empty database, and return its address."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"
