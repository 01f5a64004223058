"""Tables of priors in the terminal."""

from fnmatch import fnmatchcase

from rich.table import Column, Table

from patchwright.experiments.priors.describe import Marginal, PresetKind, sparkline
from patchwright.synths.priors.card import PriorCard


def held_out_table(card: PriorCard) -> Table:
    """Return the table of costs by kind of prior, the chosen one marked."""
    table = Table(Column("prior", no_wrap=True), title="What held-out presets cost")
    for heading in ("nats a parameter", "saved", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for held in card.held_out:
        mark = " *" if held.name == card.chosen else ""
        interval = f"{held.low:.3f} to {held.high:.3f}" if held.high != held.low else ""
        table.add_row(f"{held.name}{mark}", f"{held.cost:.3f}", f"{held.gain:.3f}", interval)
    return table


def marginals_table(found: list[Marginal], pattern: str = "*") -> Table:
    """Return the table of the parameters whose names match a glob pattern."""
    table = Table(
        Column("parameter", no_wrap=True),
        Column("distribution", no_wrap=True),
        Column("synth's own", no_wrap=True),
        "usual values: shares, first to last decile of the others",
    )
    for marginal in found:
        if fnmatchcase(marginal.parameter.name, pattern):
            drawn = sparkline(marginal.shares), sparkline(marginal.own)
            table.add_row(marginal.parameter.name, *drawn, marginal.text)
    return table


def kinds_table(kinds: list[PresetKind]) -> Table:
    """Return the table of the kinds of presets."""
    table = Table(
        Column("share", justify="right", no_wrap=True), "what distinguishes these presets"
    )
    for kind in kinds:
        table.add_row(f"{kind.share:.0%}", "; ".join(kind.traits) or "nothing")
    return table


def summary_sentence(card: PriorCard) -> str:
    """Say in a sentence what a prior was learned from."""
    files = f"{len(card.files)} files" if len(card.files) != 1 else "one file"
    return (
        f"{card.chosen} of {card.synth}, learned from {card.presets:,} presets in {files}; "
        f"{card.duplicates:,} near duplicates were left out, and {card.excluded:.0%} of the "
        "presets can never be drawn from the synth's own priors."
    )
