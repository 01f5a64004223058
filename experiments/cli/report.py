"""The command that rewrites a report."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.terminal.console import console


def report_command(run: Annotated[Path, typer.Argument(help="Folder of a finished run.")]) -> None:
    """Rewrite the report of a finished run."""
    from patchwright.experiments.records.run_folder import RunFolder
    from patchwright.experiments.report import write_report

    console.print(str(write_report(RunFolder(run))))
