"""The commands that learn a prior of presets, and show one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patchwright.experiments.cli.options import Host, Seed, Spec, SynthArgument
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.console import console, errors, print_whole
from patchwright.experiments.terminal.counting import counting

if TYPE_CHECKING:
    from patchwright.synths.priors.card import PriorCard

# slow modules are imported where they are used, so that --help is quick

prior_app = typer.Typer(
    no_args_is_help=True, help="Learn which presets are usual, or show a prior that says so."
)


@prior_app.command("learn")
def learn_command(
    synth: SynthArgument,
    banks: Annotated[
        list[Path], typer.Argument(help="Preset files, banks, and folders of finished runs.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the prior to write.")],
    about: Annotated[
        str, typer.Option(help="Where the presets come from and their licence, for the card.")
    ] = "",
    seed: Seed = 0,
    spec: Spec = None,
    host: Host = None,
) -> None:
    """Learn a prior of a synth from presets, for search.prior.

    Several kinds of priors are learned from a part of the banks, and measured on the others; the
    one that expects those presets most is learned from all.
    """
    from patchwright.experiments.config import SynthConfig
    from patchwright.experiments.match.open_synth import open_synth
    from patchwright.experiments.priors.learning import learn_prior

    with (
        open_synth(SynthConfig(name=synth, host=host, spec=spec)) as opened,
        counting("fits") as progress,
    ):
        card = learn_prior(opened, banks, out, about=about, seed=seed, progress=progress)
    print_card(card, out)


def print_card(card: "PriorCard", folder: Path) -> None:
    """Print how good each kind of prior is, and what was learned."""
    from patchwright.experiments.priors.text import held_out_table, summary_sentence

    print_whole(held_out_table(card))
    console.print(f"{folder}: {summary_sentence(card)}", markup=False)


@prior_app.command("show")
def show_command(
    prior: Annotated[
        str, typer.Argument(help="Folder of a prior, name of a shipped one, or musical.")
    ],
    synth: Annotated[
        str | None, typer.Option(help="Built-in synth whose musical prior to show.")
    ] = None,
    parameter: Annotated[
        str, typer.Option(help="Pattern of the parameters to list, such as 'filter_*'.")
    ] = "*",
    html: Annotated[Path | None, typer.Option(help="Page with plots to write.")] = None,
) -> None:
    """Show the usual values of each parameter, and kinds of presets."""
    from patchwright.experiments.priors.describe import marginals, preset_kinds
    from patchwright.experiments.priors.shown import read_shown
    from patchwright.experiments.priors.text import (
        held_out_table,
        kinds_table,
        marginals_table,
        summary_sentence,
    )

    shown = read_shown(prior, synth)
    found = marginals(shown.prior, shown.space)
    table = marginals_table(found, parameter)
    if not table.row_count:
        raise ExperimentError(f"No parameter matches {parameter!r}: see the names without it.")
    print_whole(table)
    if kinds := preset_kinds(shown.prior, shown.space):
        print_whole(kinds_table(kinds))
    if shown.card is not None:
        print_whole(held_out_table(shown.card))
        about = f" {shown.card.about}" if shown.card.about else ""
        console.print(f"{summary_sentence(shown.card)}{about}", markup=False)
    if html is not None:
        from patchwright.experiments.priors.page import write_prior_page

        write_prior_page(shown, html)
        errors.print(f"{html} is written.", markup=False)
