"""A web server for Optuna's dashboard."""

import errno
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

from patchwright.experiments.dashboard.guard import guarded
from patchwright.experiments.errors import ExperimentError


class Server:
    """A web server that runs until it is stopped; see `guard` for what it refuses.

    Args:
        pages: Application to serve.
        host: Address to serve on; by default only this machine can connect.
        port: Port to serve on; any free one if 0.

    Raises:
        ExperimentError: If the address or the port cannot be used.
    """

    def __init__(
        self, pages: WSGIApplication, *, host: str = "127.0.0.1", port: int = 8080
    ) -> None:
        try:
            self._server = make_server(
                host, port, guarded(pages, host), server_class=_Server, handler_class=_Quiet
            )
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            mend = "give another --port" if taken else "give another --host or --port"
            raise ExperimentError(
                f"{host}:{port} cannot be used ({error.strerror}): {mend}."
            ) from error

    @property
    def address(self) -> str:
        """Address to open in a browser."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def serve(self) -> None:
        """Answer requests until `stop` is called or Ctrl-C is pressed."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Make `serve` return; call it in another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Release the port."""
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Do not log requests."""
