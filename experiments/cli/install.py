"""The command that puts presets where synths and DAWs list them."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console

# slow modules are imported where they are used, so that --help is quick


def install_command(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    name: Annotated[str | None, typer.Option(help="Name to show. Default: the target's.")] = None,
    tags: Annotated[
        str | None, typer.Option(help="Words to find it by, separated by commas.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be written.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Remove what was installed from this run.")
    ] = False,
) -> None:
    """Put the preset of a run where its synth and DAWs list it.

    VST3 and LV2: the user's preset folders of each system. amsynth, Dexed (also for fm) and Vital:
    their own. Files that exist are never touched.
    """
    from patchwright.experiments.installs import install, plan_run
    from patchwright.experiments.installs import undo as undo_all
    from patchwright.experiments.records.finished_run import read_run

    finished = read_run(run)
    if undo:
        if name is not None or tags is not None or dry_run:
            raise ExperimentError("--undo removes all that is installed: give it no other option.")
        removed, kept = undo_all(finished.files)
        for path in removed:
            console.print(f"removed {path}", markup=False, soft_wrap=True)
        for path in kept:
            console.print(f"kept {path}: it was changed", markup=False, soft_wrap=True)
        return
    words = [word.strip() for word in tags.split(",")] if tags is not None else []
    listed = plan_run(finished, name=name, tags=words)
    if not dry_run:
        install(finished.files, listed)
    for each in listed:
        untagged = " (without tags: it has no field for them)" if words and not each.tagged else ""
        console.print(f"listed by {each.by}{untagged}:", markup=False)
        for path in each.files:
            console.print(f"  {path}", markup=False, soft_wrap=True)
    if dry_run:
        console.print("Nothing was written.")
    else:
        console.print(
            f"Undo it with {command_line('install', run, undo=True)}", markup=False, soft_wrap=True
        )
