"""A web server for Optuna's dashboard."""

import errno
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

from patchwright.experiments.errors import ExperimentError


class Server:
    """Serves pages until it is stopped.

    Args:
        pages: What is served.
        host: Who may ask: by default this machine alone.
        port: Where; any that is free if 0.

    Raises:
        ExperimentError: If the port is taken.
    """

    def __init__(
        self, pages: WSGIApplication, *, host: str = "127.0.0.1", port: int = 8080
    ) -> None:
        try:
            self._server = make_server(
                host, port, pages, server_class=_Server, handler_class=_Quiet
            )
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            mend = "give another --port" if taken else "give another --host or --port"
            raise ExperimentError(
                f"{host}:{port} cannot be listened on ({error.strerror}): {mend}."
            ) from error

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def serve(self) -> None:
        """Answer requests until `stop` is called or Ctrl-C is pressed."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Have `serve` return; called in another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""
