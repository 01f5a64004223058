"""The command that lists the programs of a plugin."""

import os
from typing import Annotated

import typer

from patchwright.experiments.cli.options import Host, Spec, SynthArgument, Workers
from patchwright.experiments.terminal.console import console, print_whole
from patchwright.experiments.terminal.counting import counting

# slow modules are imported where they are used, so that --help is quick


def programs_command(
    synth: SynthArgument,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Play each program as it is and by its parameters alone, and mark those that "
            "differ.",
        ),
    ] = False,
    workers: Workers = None,
    spec: Spec = None,
    host: Host = None,
) -> None:
    """List the programs of a plugin: the presets that it brings with it."""
    import torch

    from patchwright.experiments.config import SynthConfig
    from patchwright.experiments.match.open_synth import open_synth
    from patchwright.experiments.trust.program_check import differing, programs_table, unlike
    from patchwright.synths.plugins.pool import RenderPool
    from patchwright.synths.plugins.programs import programs
    from patchwright.synths.plugins.qualify import PERFORMANCE

    count = (workers or os.cpu_count() or 1) if check else 1
    with open_synth(SynthConfig(name=synth, spec=spec, host=host), workers=count) as opened:
        found = programs(opened)
        if not check or not isinstance(opened, RenderPool):
            print_whole(programs_table(found))
            return
        torch.set_num_threads(1)  # the pool and the distances share the cores
        with counting("programs played") as progress:
            distances = unlike(opened, found, PERFORMANCE, progress=progress)
    print_whole(programs_table(found, distances))
    console.print(
        f"{differing(distances)} of {len(found)} programs sound different by their parameters "
        "alone; distances are in units of that between two programs."
    )
