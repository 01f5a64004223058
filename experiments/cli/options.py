"""Options and arguments that several commands share, each with one help text."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.terminal.console import errors


def _trust(paths: list[Path] | None) -> list[Path]:
    """Remember models as trusted, before the command begins."""
    for path in paths or ():
        from patchwright.objectives.embeddings import trust  # here, because it is slow to import

        errors.print(f"{path} may be run from now on (SHA-256 {trust(path)}).")
    return paths or []


Out = Annotated[Path | None, typer.Option(help="Folder of the run. Default: a new one in runs/.")]
Note = Annotated[int | None, typer.Option(help="MIDI pitch of the note. Default: estimated.")]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")]
Workers = Annotated[
    int | None, typer.Option(help="Renders or runs in parallel. Default: one per core.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Config entry to change, as KEY=VALUE; may be repeated."),
]
Results = Annotated[
    str | None,
    typer.Option(help="Database for the results: a SQLite file, or postgresql://USER@HOST/NAME."),
]
Study = Annotated[
    str | None, typer.Option(help="Database for Optuna studies, named like --results.")
]
Trust = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        callback=_trust,
        help="TorchScript model, which is a program, to allow from now on; may be repeated.",
    ),
]
ByEar = Annotated[
    bool,
    typer.Option("--by-ear", help="After the search, go on by ear in the studio until Ctrl-C."),
]

Lock = Annotated[
    str | None,
    typer.Option(help="Lock file (YAML), or name of a shipped one, such as amsynth-32."),
]
SynthArgument = Annotated[
    str,
    typer.Argument(
        help="Built-in synth, plugin or hardware (midi:PORT); see 'patchwright synths'."
    ),
]
SynthOption = Annotated[
    str,
    typer.Option(
        "--synth",
        help="Built-in synth, plugin or hardware (midi:PORT), see 'patchwright synths'; 'SYNTH | "
        "EFFECT | ...' puts effects behind it, 'effects: EFFECT | ...' plays a dry sound.",
    ),
]
Spec = Annotated[
    Path | None,
    typer.Option(
        help="YAML file that describes the plugin's parameters, or what those of hardware send; "
        "also the name of a shipped one of hardware."
    ),
]
State = Annotated[
    Path | None, typer.Option(help="Preset file that the plugin loads before every render.")
]
Input = Annotated[
    str | None, typer.Option(help="Audio input that hears a hardware synth, or a part of its name.")
]
Host = Annotated[str | None, typer.Option(help="Plugin host; see 'patchwright synths'.")]
SampleRate = Annotated[int, typer.Option("--sr", help="Sample rate in Hz.")]

Runs = Annotated[
    list[Path], typer.Argument(help="Folders of finished runs, or folders that contain runs.")
]
By = Annotated[
    str | None,
    typer.Option(help="Config key that defines the groups, such as synth. Default: the method."),
]
Common = Annotated[
    bool, typer.Option("--common", help="Leave out runs that are not in all groups.")
]
