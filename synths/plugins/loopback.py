"""A socket between a process and one that it starts, where no socket can be inherited: Windows.

The new process connects to a port of this machine alone, and first sends a secret that it was given
in its environment, so that no other program can take its place.
"""

import contextlib
import hmac
import os
import secrets
import socket
import time
from collections.abc import Callable

from patchwright.synths.plugins import platform

_HOST = "127.0.0.1"
_SECRET = "PATCHWRIGHT_LOOPBACK"  # noqa: S105 - the name of the variable
_PATIENCE = 5.0  # seconds in which one that connected sends the secret
_STEP = 0.2  # seconds between two looks whether the process still runs


class Doorway:
    """The end that waits for the new process; use it as a context manager.

    Attributes:
        port: Port to which the process connects.
        environment: Variables that the process needs.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_hex(32).encode()
        self._server = socket.create_server((_HOST, 0), backlog=4)
        self.port: int = self._server.getsockname()[1]
        self.environment = {_SECRET: self._secret.decode()}

    def accept(self, alive: Callable[[], bool], seconds: float) -> socket.socket:
        """Wait for the process that knows the secret.

        Args:
            alive: Whether the process still runs.
            seconds: Time limit.

        Raises:
            EOFError: If the process ends or the time is over before it connects.
        """
        until = time.monotonic() + seconds
        while alive() and time.monotonic() < until:
            if platform.ready([self._server.fileno()], _STEP):
                guest, _ = self._server.accept()
                if self._knows_the_secret(guest):
                    guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return guest
                guest.close()
        raise EOFError

    def _knows_the_secret(self, guest: socket.socket) -> bool:
        guest.settimeout(_PATIENCE)
        said = b""
        with contextlib.suppress(OSError):
            while len(said) < len(self._secret):
                part = guest.recv(len(self._secret) - len(said))
                if not part:
                    break
                said += part
        guest.settimeout(None)
        return hmac.compare_digest(said, self._secret)

    def __enter__(self) -> "Doorway":
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.close()


def enter(port: int) -> socket.socket:
    """Connect to the process that started this one.

    Raises:
        OSError: If it has ended.
    """
    opened = socket.create_connection((_HOST, port))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.sendall(os.environ.pop(_SECRET).encode())
    return opened
