"""The command that starts the studio."""

import contextlib
import importlib.util
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.interrupt import terminable
from patchwright.experiments.cli.options import Workers
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.console import console

# slow modules are imported where they are used, so that --help is quick


def studio_command(
    folder: Annotated[Path, typer.Argument(help="Folder of the runs.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to serve on. Default: this machine only.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Listen to runs, and change nothing.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the usual browser.")
    ] = True,
    workers: Workers = None,
) -> None:
    """Match sounds in a browser: drop one, hear it grow, play it, bend it, keep the preset."""
    serve_studio(
        folder, port=port, host=host, read_only=read_only, browser=browser, workers=workers
    )


def need_studio() -> None:
    """Check that the packages of the studio are installed.

    Raises:
        ExperimentError: If one is missing.
    """
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise ExperimentError(
            "The studio needs two more packages: pip install 'patchwright[studio]'."
        )


def serve_studio(
    folder: Path,
    *,
    run: Path | None = None,
    port: int = 8765,
    host: str = "127.0.0.1",
    read_only: bool = False,
    browser: bool = True,
    workers: int | None = None,
) -> None:
    """Serve the studio until Ctrl-C.

    Args:
        folder: Folder of the runs.
        run: Run in it whose page is opened; the first page if None.
        port: Port; any free one if 0.
        host: Address to serve on.
        read_only: Whether nothing is changed.
        browser: Whether to open the page in the usual browser.
        workers: Renders in parallel; one per core if None.

    Raises:
        ExperimentError: If a package is missing, or the address cannot be used.
    """
    need_studio()
    from patchwright.experiments.studio.server import StudioServer

    with (
        terminable(),
        StudioServer(folder, host=host, port=port, read_only=read_only, workers=workers) as server,
    ):
        address = server.address if run is None else server.address_of(run)
        console.print(f"The studio is at {address}")
        console.print("Press Ctrl-C to end it; searches go on when it is started again.")
        if browser:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve()
    console.print("The studio has ended.")
