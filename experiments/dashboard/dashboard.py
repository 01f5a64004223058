"""Optuna's dashboard for run folders."""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import optuna_dashboard
from optuna.artifacts import FileSystemArtifactStore

from patchwright.experiments.dashboard.server import Server
from patchwright.experiments.dashboard.shown_runs import ShownRuns
from patchwright.experiments.dashboard.temporary import temporary_folder


class Dashboard:
    """A web server that shows runs; changes made in its pages are lost when it stops.

    Args:
        root: Folder of a run, or folder that contains runs at any depth.
        host: Address to serve on; by default only this machine can connect.
        port: Port to serve on; any free one if 0.

    Raises:
        ExperimentError: If there is no run, a run is damaged, or the port is taken.
        SynthError: If a file of a run is damaged.

    Examples:
        ::

            with Dashboard(Path("runs")) as dashboard:
                print(dashboard.address)
                dashboard.serve()
    """

    def __init__(self, root: Path, *, host: str = "127.0.0.1", port: int = 8080) -> None:
        with ExitStack() as held:
            artifacts = str(held.enter_context(temporary_folder()))
            store = FileSystemArtifactStore(artifacts)
            runs = ShownRuns(root, store)
            pages = optuna_dashboard.wsgi(runs.storage, artifact_store=store)
            self._server = Server(_up_to_date(pages, runs), host=host, port=port)
            held.callback(self._server.close)
            self._held = held.pop_all()

    @property
    def address(self) -> str:
        """Address to open in a browser."""
        return self._server.address

    def serve(self) -> None:
        """Answer requests until `stop` is called or Ctrl-C is pressed."""
        self._server.serve()

    def stop(self) -> None:
        """Make `serve` return; call it in another thread."""
        self._server.stop()

    def __enter__(self) -> "Dashboard":
        return self

    def __exit__(self, *exception: object) -> None:
        self._held.close()


def _up_to_date(pages: WSGIApplication, runs: ShownRuns) -> WSGIApplication:
    """Wrap the dashboard's pages so that each request reads the run folders first."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        match = re.fullmatch(r"/api/studies(?:/(\d+))?/?", environ["PATH_INFO"])
        if match is not None and match[1] is None:
            runs.find()
        elif match is not None:
            runs.update(int(match[1]))
        return pages(environ, start)

    return answer
