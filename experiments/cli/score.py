"""The command that measures distances between sound files."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.terminal.console import console, print_whole


def score_command(
    target: Annotated[Path, typer.Argument(help="Reference sound: WAV, FLAC, OGG or MP3.")],
    sounds: Annotated[list[Path], typer.Argument(help="Sounds to compare with it.")],
    objective: Annotated[
        list[str] | None, typer.Option(help="Distance to measure; may be repeated. Default: all.")
    ] = None,
    align: Annotated[str, typer.Option(help="Alignment in time: none, onset or lag.")] = "none",
    level: Annotated[
        str,
        typer.Option(help="Level of the sounds: absolute (unchanged), loudness or peak (equal)."),
    ] = "absolute",
) -> None:
    """Measure the distances of sounds from a reference sound; of one, say also what differs."""
    from patchwright.experiments.trust.scoring import compare_files, score_files, scores_table
    from patchwright.objectives import View

    view = View(align=align, level=level)
    print_whole(scores_table(score_files(target, sounds, objective, view=view)))
    if len(sounds) == 1 and not objective:
        console.print(f"What differs: {compare_files(target, sounds[0])}.")
