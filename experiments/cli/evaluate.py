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
from patchwright.experiments.terminal.plain_text import markdown_table

if TYPE_CHECKING:
    from patchwright.experiments.config import SynthConfig
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
    parameters: Annotated[
        bool, typer.Option("--parameters", help="Table of what it has learned of each parameter.")
    ] = False,
) -> None:
    """Rank the sounds of presets by the predictions of a model: can it tell them apart?"""
    from patchwright.experiments.trust.proxies import evaluate_proxy, parameter_importance

    table = Table("score", "mean of the networks", "each network")
    for row in evaluate_proxy(folder, dataset, split):
        table.add_row(*row)
    print_whole(table)
    if parameters:
        learned = Table("parameter", "error with its value of another preset")
        for name, importance in parameter_importance(folder, dataset, split):
            learned.add_row(name, f"{importance:+.1%}")
        print_whole(learned)


@evaluate_app.command("estimator")
def estimator_command(
    folder: Annotated[Path, typer.Argument(help="Folder of an estimator.")],
    dataset: Annotated[Path, typer.Option(help="Dataset of the same synth and front end.")],
    split: Annotated[
        str, typer.Option(help="Part of the dataset: test, valid, train, or all of it.")
    ] = "test",
) -> None:
    """Compare predicted presets with the true ones, parameter by parameter."""
    from patchwright.experiments.trust.estimators import evaluate_estimator

    table = Table("parameter", "mean error of its range", "share of levels that are right")
    for row in evaluate_estimator(folder, dataset, split):
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


@evaluate_app.command("hearing")
def hearing_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of distances, of sets, or of distances joined by '+' into a set. "
            "Default: all distances and sets."
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Folder of recorded notes to test on in addition.")
    ] = None,
    synth: SynthOption = "subtractive",
    seconds: Annotated[float, typer.Option(min=0.5, help="Seconds of each sound.")] = 1.0,
    sr: SampleRate = 44_100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of noise and random presets.")] = 0,
    csv: Annotated[
        Path | None, typer.Option(help="CSV file for the distance of each change.")
    ] = None,
    markdown: Markdown = False,
) -> None:
    """Test whether distances put plain changes of a note farther than those one hardly hears.

    The synth's random presets give the units of the distances in a set, as in a search.
    """
    from patchwright.experiments.config.registry import find
    from patchwright.experiments.match.open_synth import open_synth
    from patchwright.experiments.records.run_folder import write_text
    from patchwright.experiments.trust.hearing import text
    from patchwright.experiments.trust.hearing.changes import declared_changes
    from patchwright.experiments.trust.hearing.hearing import hear, shares
    from patchwright.experiments.trust.hearing.sounds import sample_notes
    from patchwright.objectives import OBJECTIVES
    from patchwright.objectives.sets import OBJECTIVE_SETS

    sets = {
        name: OBJECTIVE_SETS.get(name, (*name.split("+"),))
        for name in names or (*OBJECTIVES, *OBJECTIVE_SETS)
    }
    members = dict.fromkeys(member for chosen in sets.values() for member in chosen)
    objectives = [find("objective", name, OBJECTIVES)() for name in members]
    config = _checked_synth(synth, None, sr=sr, seed=seed)
    with ExitStack() as stack:
        opened = stack.enter_context(open_synth(config))
        notes = sample_notes(folder, seconds=seconds, sr=sr)
        bar = stack.enter_context(_progress("sounds"))
        task = bar.add_task("sounds", total=len(notes))
        hearing = hear(
            notes,
            declared_changes(),
            objectives,
            opened,
            seed=seed,
            progress=lambda: bar.advance(task),
        )
    found = {name: shares(hearing, dict.fromkeys(chosen, 1.0)) for name, chosen in sets.items()}
    _print_rows(text.summary_rows(found), markdown)
    typer.echo()
    _print_rows(text.kind_rows(found), markdown)
    for sentence in text.remarks(hearing):
        errors.print(sentence)
    if csv is not None:
        write_text(csv, text.csv_text(hearing))


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
    from patchwright.experiments.match.open_synth import open_synth
    from patchwright.experiments.trust.ranking import rank_sweeps
    from patchwright.experiments.trust.sweeps import choose_attributes, draw_presets
    from patchwright.synths import Note, Performance

    config = _checked_synth(options.synth, options.lock, sr=options.sr, seed=options.seed)
    held = Note(pitch=options.note, duration=0.75 * options.seconds)
    performance = Performance(notes=(held,), length=options.seconds, sr=options.sr)
    with ExitStack() as stack:
        opened = stack.enter_context(open_synth(config))
        subspace = config.subspace(opened.space)
        attributes = choose_attributes(opened, subspace, options.patterns)
        presets = draw_presets(opened, subspace, performance, n=options.presets, seed=options.seed)
        bar = stack.enter_context(_progress("sweeps"))
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


def _checked_synth(synth: str, lock: str | None, *, sr: int, seed: int) -> "SynthConfig":
    """Check the options as those of an experiment, with a placeholder for the recording."""
    from patchwright.experiments.config import check_experiment

    named = {"name": synth} | ({"lock": lock} if lock is not None else {})
    content = {"target": {"path": ""}, "synth": named, "sr": sr, "seed": seed}
    return check_experiment(content, "evaluate").synth


def _progress(what: str) -> Progress:
    return Progress(
        MofNCompleteColumn(),
        TextColumn(what),
        BarColumn(bar_width=12),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=errors,
    )


def _show(ranking: "Ranking", csv: Path | None, markdown: bool) -> None:
    from patchwright.experiments.records.run_folder import write_text
    from patchwright.experiments.trust.ranking_text import csv_text, remarks, table_rows

    _print_rows(table_rows(ranking), markdown)
    for sentence in remarks(ranking):
        errors.print(sentence)
    if csv is not None:
        write_text(csv, csv_text(ranking))


def _print_rows(rows: list[list[str]], markdown: bool) -> None:
    """Print rows of cells, the first of which is the header."""
    if markdown:
        typer.echo(markdown_table(rows))
        return
    header, *others = rows
    table = Table(*header)
    for row in others:
        table.add_row(*row)
    print_whole(table)
