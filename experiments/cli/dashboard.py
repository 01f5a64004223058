"""The command that starts Optuna's dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.console import console

# what takes long to import is imported where it is used, so that --help is quick


def dashboard_command(
    folder: Annotated[Path, typer.Argument(help="Of a run, or of many runs.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any that is free.")] = 8080,
    host: Annotated[str, typer.Option(help="Who may look: this machine alone.")] = "127.0.0.1",
) -> None:
    """Look at runs, and listen to them, in Optuna's dashboard; also while they go on."""
    from patchwright.experiments.dashboard.dashboard import Dashboard

    with Dashboard(folder, host=host, port=port) as dashboard:
        console.print(f"{dashboard.address} shows {folder}; Ctrl-C ends it.", markup=False)
        try:
            dashboard.serve()
        except KeyboardInterrupt:
            console.print("Ended.")
