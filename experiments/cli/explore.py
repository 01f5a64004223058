"""The commands that measure which parameters of a synth matter, and write a lock file of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patchwright.experiments.cli.options import Host, Spec, State, SynthArgument, Workers
from patchwright.experiments.terminal.console import console, errors, print_whole
from patchwright.experiments.terminal.counting import counting

if TYPE_CHECKING:
    from patchwright.experiments.config import ExperimentConfig
    from patchwright.experiments.trust.exploration import Exploration

# slow modules are imported where they are used, so that --help is quick

States = Annotated[int, typer.Option(min=2, help="Number of presets around which it is explored.")]
Again = Annotated[bool, typer.Option("--again", help="Repeat an earlier exploration.")]


def explore_command(
    synth: SynthArgument,
    states: States = 12,
    again: Again = False,
    workers: Workers = None,
    spec: Spec = None,
    state: State = None,
    host: Host = None,
) -> None:
    """Rank the parameters of a synth by what they do to its sound.

    The effect is the mean distance that a change makes, in units of the distance between two
    presets; heard is the share of the presets in which it can be heard at all.
    """
    from patchwright.experiments.trust.exploration import effects_table

    found = _explored(synth, states, again, workers, spec=spec, state=state, host=host)
    print_whole(effects_table(found))
    dead = [effect.name for effect in found.effects if effect.heard == 0.0]
    for what, names in (("Not heard", dead), ("Not explored (settings)", found.settings)):
        if names:
            console.print(f"{what}: {', '.join(names)}.", markup=False)


def lock_command(
    synth: SynthArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Lock file (YAML) to write.")],
    free: Annotated[int, typer.Option(min=1, help="Number of free parameters.")] = 32,
    states: States = 12,
    again: Again = False,
    workers: Workers = None,
    spec: Spec = None,
    state: State = None,
    host: Host = None,
) -> None:
    """Write a lock file that frees the parameters that matter most.

    They are explored once. Pitch, output level and settings of the plugin are locked.
    """
    from patchwright.experiments.records.run_folder import write_text
    from patchwright.experiments.trust.exploration import lock_text

    found = _explored(synth, states, again, workers, spec=spec, state=state, host=host)
    write_text(out, lock_text(found, free))
    count = len(found.effects) + len(found.settings)
    console.print(f"{out}: {len(found.choose(free))} of {count} parameters are free.", markup=False)


def choose_free(config: "ExperimentConfig", n: int, workers: int | None) -> "ExperimentConfig":
    """Free the `n` parameters of a plugin that matter most, with a progress bar."""
    from patchwright.experiments.match.explored import with_free

    with counting("presets explored") as progress:
        chosen, found = with_free(
            config, n, workers=workers or os.cpu_count() or 1, progress=progress
        )
    count = len(found.effects) + len(found.settings)
    errors.print(
        f"No lock is given: of {count} parameters the {len(chosen.synth.free or ())} that matter "
        f"most are free; see 'patchwright synth explore {config.synth.name}'.",
        markup=False,
    )
    return chosen


def _explored(
    synth: str, states: int, again: bool, workers: int | None, **options: Path | str | None
) -> "Exploration":
    from patchwright.experiments.config import check_experiment
    from patchwright.experiments.match.explored import explored

    config = check_experiment(
        {"target": {"random": 0}, "synth": {"name": synth, **options}}, "synth"
    )
    with counting("presets explored") as progress:
        return explored(
            config.synth,
            config.objectives,
            states=states,
            again=again,
            workers=workers or os.cpu_count() or 1,
            progress=progress,
        )
