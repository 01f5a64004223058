"""The command that writes a listening test."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.options import By, Common, Runs
from patchwright.experiments.terminal.console import console, errors

# slow modules are imported where they are used, so that --help is quick


def listen_command(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="Folder for the page and its key.")] = Path("listening"),
    by: By = None,
    common: Common = False,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of targets. Default: all.")
    ] = None,
    level: Annotated[
        str,
        typer.Option(help="Level of the sounds: absolute (unchanged), loudness or peak (equal)."),
    ] = "absolute",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the order of trials and sounds.")] = 0,
) -> None:
    """Write a listening test (MUSHRA) of how close the matches are."""
    from patchwright.experiments.compare.design import arrange
    from patchwright.experiments.compare.listening import write_listening
    from patchwright.experiments.records.finished_run import find_runs, read_run

    records = [read_run(folder) for folder in find_runs(runs)]
    design = arrange(records, by=by, common=common)
    page, key = write_listening(design, out, seed=seed, max_trials=trials, level=level)
    for remark in design.remarks:
        errors.print(remark)
    console.print(f"For listeners: {page}")
    console.print(f"To keep from listeners, because it identifies the sounds: {key}")
    console.print(
        f"To read their answers: patchwright compare RUN... --answers FILE... --key {key}",
    )
