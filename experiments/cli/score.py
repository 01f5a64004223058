"""The command that measures distances between sound files."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.console import console


def score_command(
    target: Annotated[Path, typer.Argument(help="WAV, FLAC, OGG or MP3 to compare with.")],
    sounds: Annotated[list[Path], typer.Argument(help="Sounds to compare.")],
    objective: Annotated[
        list[str] | None, typer.Option(help="Distance; may be repeated. Default: all.")
    ] = None,
    align: Annotated[str, typer.Option(help="Shift sounds in time: none, onset or lag.")] = "none",
    level: Annotated[
        str, typer.Option(help="Equalise levels: absolute (not at all), loudness or peak.")
    ] = "absolute",
) -> None:
    """Measure how far sounds are from another one, by all distances."""
    from patchwright.experiments.trust.scoring import score_files, scores_table
    from patchwright.objectives import View

    view = View(align=align, level=level)
    console.print(scores_table(score_files(target, sounds, objective, view=view)))
