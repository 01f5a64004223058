"""The command that writes a listening test."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.options import By, Common, Runs
from patchwright.experiments.console import console, errors

# what takes long to import is imported where it is used, so that --help is quick


def listen_command(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="Folder of the page and its key.")] = Path("listening"),
    by: By = None,
    common: Common = False,
    trials: Annotated[
        int | None, typer.Option(min=1, help="At most so many targets; all otherwise.")
    ] = None,
    level: Annotated[
        str, typer.Option(help="Play answers as they are (absolute), or at loudness or peak.")
    ] = "absolute",
    seed: Annotated[int, typer.Option(min=0, help="Of the order of trials and sounds.")] = 0,
) -> None:
    """Write a page on which people rate how close runs come to their targets (MUSHRA)."""
    from patchwright.experiments.compare.design import arrange
    from patchwright.experiments.compare.listening import write_listening
    from patchwright.experiments.records.finished_run import find_runs, read_run

    records = [read_run(folder) for folder in find_runs(runs)]
    design = arrange(records, by=by, common=common)
    page, key = write_listening(design, out, seed=seed, max_trials=trials, level=level)
    for remark in design.remarks:
        errors.print(remark, markup=False)
    console.print(f"For listeners: {page}", markup=False)
    console.print(f"To keep from them, as it tells what they hear: {key}", markup=False)
    console.print(
        f"To read their answers: patchwright compare RUN... --answers FILE... --key {key}",
        markup=False,
    )
