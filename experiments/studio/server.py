"""The web server of the studio."""

import asyncio
import errno
import os
import secrets
import socket
from pathlib import Path
from typing import Any

import uvicorn

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.studio.app import studio_app
from patchwright.experiments.studio.guard import Guard
from patchwright.experiments.studio.studio import Studio

_CONNECTIONS = 64  # at a time; more are answered with "try again"
_PATIENCE = 2  # s that open connections are given at the end


class StudioServer:
    """A web server that runs until Ctrl-C; a context manager, which ends all processes.

    Args:
        root: Folder of the runs.
        host: Address to serve on; by default only this machine can connect.
        port: Port to serve on; any free one if 0.
        options: Options of `Studio`.

    Raises:
        ExperimentError: If the address or the port cannot be used.
        SynthError: If a folder of the studio is a link.
    """

    def __init__(
        self, root: Path, *, host: str = "127.0.0.1", port: int = 8765, **options: Any
    ) -> None:
        self._socket = _bound(host, port)
        self._host, self._token = host, secrets.token_urlsafe(24)
        self._server: uvicorn.Server | None = None
        try:
            self.studio = Studio(root, **options)
        except BaseException:
            self._socket.close()
            raise

    @property
    def address(self) -> str:
        """Address to open in a browser, with the token."""
        return f"{self.origin}/?token={self._token}"

    def address_of(self, run: Path) -> str:
        """Return the address of the page of a run, with the token."""
        number = self.studio.library.id_of(run)
        return f"{self.origin}/runs/{number}?token={self._token}"

    @property
    def origin(self) -> str:
        """Address without the token."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def serve(self) -> None:
        """Answer requests until `stop` is called or Ctrl-C is pressed."""
        asyncio.run(self._serve())

    def stop(self) -> None:
        """Make `serve` return; call it in another thread."""
        if self._server is not None:
            self._server.should_exit = True

    def __enter__(self) -> "StudioServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()
        self.studio.close()

    async def _serve(self) -> None:
        closing = asyncio.Event()
        app = studio_app(self.studio, token=self._token, closing=closing)
        read_only = self.studio.read_only
        guarded = Guard(app, host=self._host, token=self._token, read_only=read_only)
        config = uvicorn.Config(
            guarded,
            log_level="error",
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_PATIENCE,
            lifespan="off",
            ws="none",
        )
        self._server = _Server(config, closing)
        await self._server.serve([self._socket])


class _Server(uvicorn.Server):
    """A server that ends its streams first, because it waits for open connections."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name != "nt":  # there it would let two servers share a port
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, port))
            bound.listen()  # the browser may come before the server answers
        except OSError:
            bound.close()
            raise
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        mend = "give another --port" if taken else "give another --host or --port"
        reason = f"{host}:{port} cannot be used ({error.strerror})"
        raise ExperimentError(f"{reason}: {mend}.") from error
    return bound
