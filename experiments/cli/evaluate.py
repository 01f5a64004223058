"""The commands that measure how far distances and embeddings can be trusted."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from patchwright.experiments.cli.options import Lock, SampleRate, SynthOption, Trust
from patchwright.experiments.terminal.console import RateColumn, errors, print_whole

if TYPE_CHECKING:
    from patchwright.experiments.trust.ranking import Ranking
    from patchwright.objectives import Objective

# slow modules are imported where they are used, so that --help is quick

evaluate_app = typer.Typer(
    no_args_is_help=True,
    help="Test whether distances order swept sounds correctly.",
)

Presets = Annotated[int, typer.Option(min=1, help="Number of random presets to sweep.")]
Steps = Annotated[int, typer.Option(min=4, help="Steps of each sweep.")]
Seed = Annotated[int, typer.Option(help="Seed of the random presets.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        help="Parameters to sweep (glob pattern), or pitch or level; may be repeated.",
    ),
]
Key = Annotated[int, typer.Option("--note", help="MIDI pitch that all presets play.")]
Seconds = Annotated[
    float, typer.Option(help="Seconds of sound; the key is held for three quarters of them.")
]
Csv = Annotated[Path | None, typer.Option(help="CSV file for each preset's correlations.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")]


@evaluate_app.command("proxy")
def proxy_command(
    folder: Annotated[Path, typer.Argument(help="Folder of a model.")],
    dataset: Annotated[Path, typer.Option(help="Dataset of the same synth and notes.")],
    split: Annotated[
        str, typer.Option(help="Part of the dataset: test, valid, train, or all of it.")
    ] = "test",
) -> None:
    """Rank the sounds of presets by the predictions of a model: can it tell them apart?"""
    from patchwright.experiments.trust.proxies import evaluate_proxy

    table = Table("score", "mean of the networks", "each network")
    for row in evaluate_proxy(folder, dataset, split):
        table.add_row(*row)
    print_whole(table)


@evaluate_app.command("embedding")
def embedding_command(
    names: Annotated[list[str], typer.Argument(help="Names or model files of embeddings.")],
    synth: SynthOption = "subtractive",
    lock: Lock = None,
    presets: Presets = 10,
    steps: Steps = 20,
    seed: Seed = 0,
    parameters: Parameters = None,
    sr: SampleRate = 44_100,
    note: Key = 60,
    seconds: Seconds = 1.0,
    csv: Csv = None,
    markdown: Markdown = False,
    model_sr: Annotated[
        int | None, typer.Option(help="Sample rate of an ONNX or TorchScript model, in Hz.")
    ] = None,
    trust: Trust = None,  # used by its callback
) -> None:
    """Rank the sounds of sweeps by the L1 distance of embeddings."""
    from patchwright.objectives.distances.embedding import EmbeddingDistance

    chosen = []
    for name in names:
        distance = EmbeddingDistance(name, sr=model_sr)
        distance.name = distance.embedding.name  # so that each has its own column
        chosen.append(distance)
    sweeps = _Sweeps(synth, lock, presets, steps, seed, parameters or (), sr, note, seconds)
    _show(_rank(chosen, sweeps), csv, markdown)


@evaluate_app.command("objectives")
def objectives_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of distances. Default: all.")
    ] = None,
    synth: SynthOption = "subtractive",
    lock: Lock = None,
    presets: Presets = 10,
    steps: Steps = 20,
    seed: Seed = 0,
    parameters: Parameters = None,
    sr: SampleRate = 44_100,
    note: Key = 60,
    seconds: Seconds = 1.0,
    csv: Csv = None,
    markdown: Markdown = False,
) -> None:
    """Rank the sounds of sweeps by their distance to the first."""
    from patchwright.experiments.config.registry import find
    from patchwright.objectives import OBJECTIVES

    chosen = [find("objective", name, OBJECTIVES)() for name in names or OBJECTIVES]
    sweeps = _Sweeps(synth, lock, presets, steps, seed, parameters or (), sr, note, seconds)
    _show(_rank(chosen, sweeps), csv, markdown)


@dataclass(frozen=True)
class _Sweeps:
    """Options of the sweeps that both commands share."""

    synth: str
    lock: str | None
    presets: int
    steps: int
    seed: int
    patterns: Sequence[str]
    sr: int
    note: int
    seconds: float


def _rank(objectives: "Sequence[Objective]", options: _Sweeps) -> "Ranking":
    from patchwright.experiments.config import check_experiment
    from patchwright.experiments.match.open_synth import open_synth
    from patchwright.experiments.trust.ranking import rank_sweeps
    from patchwright.experiments.trust.sweeps import choose_attributes, draw_presets
    from patchwright.synths import Note, Performance

    # checked like an experiment, with a placeholder for the recording
    synth = {"name": options.synth} | ({"lock": options.lock} if options.lock is not None else {})
    content = {"target": {"path": ""}, "synth": synth, "sr": options.sr, "seed": options.seed}
    config = check_experiment(content, "evaluate").synth
    held = Note(pitch=options.note, duration=0.75 * options.seconds)
    performance = Performance(notes=(held,), length=options.seconds, sr=options.sr)
    with ExitStack() as stack:
        opened = stack.enter_context(open_synth(config))
        subspace = config.subspace(opened.space)
        attributes = choose_attributes(opened, subspace, options.patterns)
        presets = draw_presets(opened, subspace, performance, n=options.presets, seed=options.seed)
        bar = stack.enter_context(_progress())
        task = bar.add_task("sweeps", total=len(attributes) * len(presets))
        return rank_sweeps(
            opened,
            attributes,
            objectives,
            presets,
            performance,
            steps=options.steps,
            progress=lambda: bar.advance(task),
        )


def _progress() -> Progress:
    return Progress(
        MofNCompleteColumn(),
        TextColumn("sweeps"),
        BarColumn(bar_width=12),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=errors,
    )


def _show(ranking: "Ranking", csv: Path | None, markdown: bool) -> None:
    from patchwright.experiments.records.run_folder import write_text
    from patchwright.experiments.trust.ranking_text import (
        csv_text,
        markdown_text,
        remarks,
        table_rows,
    )

    header, *rows = table_rows(ranking)
    if markdown:
        typer.echo(markdown_text(ranking))
    else:
        table = Table(*header)
        for row in rows:
            table.add_row(*row)
        print_whole(table)
    for sentence in remarks(ranking):
        errors.print(sentence)
    if csv is not None:
        write_text(csv, csv_text(ranking))
