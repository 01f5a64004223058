"""What a dataset holds, as tables for the terminal."""

from collections.abc import Iterable

import numpy as np
from rich.table import Column, Table

from patchwright.experiments.datasets.distributions import Distribution, Distributions
from patchwright.surrogates.datasets import Dataset, DrySet
from patchwright.surrogates.datasets.recipe import GIVEN
from patchwright.surrogates.datasets.splits import SPLITS
from patchwright.synths import Status

_BARS = " ▁▂▃▄▅▆▇█"
_WIDEST = 24  # bins of a bar chart


def counts_sentence(data: Dataset) -> str:
    """Return a sentence with the number of presets, audible rows and splits."""
    splits = ", ".join(f"{len(data.rows(split)):,} {split}" for split in SPLITS)
    crowded = (
        " Presets are so dense that near duplicates of some are in other splits."
        if data.crowded
        else ""
    )
    return (
        f"{data.card.presets:,} presets, {len(data):,} rows, of which {len(data.rows()):,} are "
        f"audible: {splits}.{crowded}"
    )


def facts(data: Dataset) -> list[tuple[str, str]]:
    """Return the facts of a card and the counts of a dataset: names and texts."""
    card = data.card
    space = data.subspace.space
    features, notes = card.features, card.notes
    size = sum(path.stat().st_size for path in data.shard_files)
    status = np.bincount(data.read("status"), minlength=len(Status))
    draws = data.read("draws")[:: notes.per_preset]
    lines = [
        ("synth", f"{card.synth.name}, {len(data.subspace)} of {len(space)} parameters free"),
        ("notes", _notes(data)) if card.dry is None else ("dry sounds", _dry(card.dry)),
        ("sounds", f"{card.length:g} s at {card.sr:,} Hz"),
        (
            "features",
            f"{features.bands} mel bands x {features.frames} frames "
            f"({features.n_fft}/{features.hop}), floor {features.floor:g} dB",
        ),
    ]
    if card.embeddings:
        named = (f"{name} ({width})" for name, width in card.embeddings.items())
        lines.append(("embeddings", ", ".join(named)))
    if card.channels:
        lines.append(("audio", f"{card.channels} channel{'s' if card.channels > 1 else ''}"))
    lines += [
        ("presets", f"{card.presets:,}"),
        ("sources", "; ".join(_sources(data))),
        ("rows", _counts(zip((each.name for each in Status), status.tolist(), strict=True))),
        ("below the gate", f"{int(status[Status.ok]) - len(data.rows()):,} of the ok rows"),
        ("splits", _counts((split, len(data.rows(split))) for split in SPLITS)),
        ("drawn anew", f"{int((draws > 0).sum()):,} presets, {int(draws.sum()):,} times"),
        ("discarded renders", _counts(data.discarded.items())),
        ("files", f"{len(data.shard_files)} shards, {size / 2**20:,.1f} MiB"),
        ("SHA-256", data.sha256),
    ]
    return lines


def card_table(data: Dataset) -> Table:
    """Return a table of the card and the counts of a dataset."""
    table = Table(show_header=False)
    for name, text in facts(data):
        table.add_row(name, text)
    return table


def distributions_table(found: Distributions) -> Table:
    """Return a table of distributions with small bar charts."""
    table = Table(
        Column("", no_wrap=True), "kind", "5 %, 50 %, 95 %; or the most frequent",
        Column("from", no_wrap=True), Column("distribution", no_wrap=True),
        Column("to", no_wrap=True),
    )  # fmt: skip
    for each in (*found.parameters, *found.notes, *found.sounds):
        low, high = each.ends
        table.add_row(each.name, each.kind, ", ".join(each.quantiles), low, bars(each), high)
    return table


def bars(distribution: Distribution) -> str:
    """Return a bar chart of one line.

    Examples:
        >>> bars(Distribution("level", "continuous", np.array([0, 1, 8]), ("0", "1"), ()))
        ' ▁█'
    """
    counts = distribution.counts
    if len(counts) > _WIDEST:  # a parameter with many levels
        counts = np.histogram(np.arange(len(counts)), _WIDEST, weights=counts)[0]
    heights = np.ceil(8 * counts / max(1, counts.max())).astype(int)
    return "".join(_BARS[height] for height in heights)


def _notes(data: Dataset) -> str:
    notes = data.card.notes
    chosen = f"{notes.per_preset} of {notes.different}" if notes.different > 1 else "1"
    ranges = (
        f"{name} {_range(numbers)}"
        for name, numbers in (
            ("pitch", notes.pitch),
            ("velocity", notes.velocity),
            ("duration", notes.duration),
        )
    )
    return f"{chosen} a preset: {', '.join(ranges)}"


def _dry(chosen: DrySet) -> str:
    gain, onset = _range(chosen.gain), _range(chosen.onset)
    return f"1 of {len(chosen.sounds)} a preset: gain {gain} dB, onset {onset} s"


def _range(numbers: tuple[float, ...]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _sources(data: Dataset) -> list[str]:
    """Return the number of presets from each source of each origin."""
    numbers = data.read("source")[:: data.card.notes.per_preset]
    lines, start = [], 0
    for origin in data.card.origins:
        count = origin["presets"] + origin["given"].get("presets", 0)
        here = numbers[start : start + count]
        start += count
        named = [(GIVEN, "given"), *enumerate(source["name"] for source in origin["sources"])]
        parts = ((name, int((here == number).sum())) for number, name in named)
        lines.append(f"{_counts(parts)} (seed {origin['seed']})")
    return lines


def _counts(named: Iterable[tuple[str, int]]) -> str:
    """Join names and counts; those of 0 are left out."""
    return ", ".join(f"{count:,} {name}" for name, count in named if count) or "none"
