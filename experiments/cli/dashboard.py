"""The command that starts Optuna's dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.interrupt import terminable
from patchwright.experiments.terminal.console import console

# slow modules are imported where they are used, so that --help is quick


def dashboard_command(
    folder: Annotated[
        Path, typer.Argument(help="Folder of a run, or folder that contains runs.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to serve on. Default: this machine only.")
    ] = "127.0.0.1",
) -> None:
    """View and hear runs, finished or not, in Optuna's dashboard."""
    from patchwright.experiments.dashboard.dashboard import Dashboard

    with terminable(), Dashboard(folder, host=host, port=port) as dashboard:
        console.print(f"{dashboard.address} shows {folder}; press Ctrl-C to stop.")
        try:
            dashboard.serve()
        except KeyboardInterrupt:
            console.print("Stopped.")
