"""The command line. Each mistake of the user's is one sentence and exit code 2."""

import contextlib
import errno
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli.compare import compare_command
from experiments.cli.dashboard import dashboard_command
from experiments.cli.evaluate import evaluate_app
from experiments.cli.listen import listen_command
from experiments.cli.optimizers import optimizers_command
from experiments.cli.results import results_app
from experiments.cli.synth import synth_app, synths_command
from experiments.cli.tune import tune_command
from experiments.console import console, errors
from experiments.errors import ExperimentError

if TYPE_CHECKING:
    from experiments.config import ExperimentConfig

_INTERRUPTED = 128 + signal.SIGINT

# what takes long to import is imported where it is used, so that --help is quick

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Give it a sound and a synthesizer; it finds the presets that make that sound.",
)
app.add_typer(synth_app, name="synth")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(results_app, name="results")
app.command("synths")(synths_command)
app.command("optimizers")(optimizers_command)
app.command("compare")(compare_command)
app.command("listen")(listen_command)
app.command("dashboard")(dashboard_command)
app.command("tune")(tune_command)

Out = Annotated[Path | None, typer.Option(help="Folder of the run; a new one in runs/ otherwise.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")]
Workers = Annotated[int | None, typer.Option(help="Renders at a time; one a core otherwise.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="key=value of the experiment; may be repeated.")
]
Results = Annotated[
    str | None,
    typer.Option(help="Also add it to this file of SQLite, or to postgresql://USER@HOST/NAME."),
]
Study = Annotated[
    str | None,
    typer.Option(help="Also write it to such a database as a study of Optuna's."),
]
ByEar = Annotated[
    bool, typer.Option("--by-ear", help="Then steer it by ear, in a browser, until Ctrl-C.")
]


@app.command("match")
def match_command(
    target: Annotated[Path, typer.Argument(help="WAV, FLAC, OGG or MP3.")],
    synth: Annotated[str, typer.Option(help="See 'patchwright synths'.")] = "subtractive",
    lock: Annotated[
        str | None, typer.Option(help="YAML with 'lock' and 'free', or such as amsynth-32.")
    ] = None,
    objective: Annotated[
        list[str] | None, typer.Option(help="A distance to minimise; may be repeated.")
    ] = None,
    method: Annotated[str, typer.Option(help="See 'patchwright optimizers'.")] = "auto",
    renders: Annotated[int | None, typer.Option(help="Budget of renders; 2500 otherwise.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Budget of time instead.")] = None,
    note: Annotated[int | None, typer.Option(help="MIDI pitch; estimated otherwise.")] = None,
    notes: Annotated[
        str | None, typer.Option(help="All notes, such as 'C4:0.5 E4+G4:1', instead of one.")
    ] = None,
    midi: Annotated[Path | None, typer.Option(help="MIDI file of the notes, instead.")] = None,
    start: Annotated[float | None, typer.Option(help="Seconds to pass over.")] = None,
    length: Annotated[float | None, typer.Option(help="Seconds to use.")] = None,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    overrides: Overrides = None,
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
    results: Results = None,
    study: Study = None,
    by_ear: ByEar = False,
) -> None:
    """Find presets of a synth that sound like a recording."""
    from experiments.config import check_experiment, override

    content: dict[str, Any] = {
        "target": {
            "path": str(target.resolve()),
            "note": note,
            "notes": notes,
            "midi": None if midi is None else str(midi.resolve()),
            "start": start,
            "length": length,
        },
        "synth": {"name": synth} | ({"lock": lock} if lock is not None else {}),
        "search": {"method": method, "seconds": seconds},
        "seed": seed,
    }
    if renders is not None or seconds is not None:
        content["search"]["renders"] = renders
    if objective:
        content["objectives"] = objective
    for text in overrides or ():
        override(content, text)
    config = check_experiment(content, "match")
    _run(config, out, resume, workers, results=results, study=study, by_ear=by_ear)


@app.command("run")
def run_command(
    experiment: Annotated[Path, typer.Argument(help="A YAML file.")],
    overrides: Overrides = None,
    workers: Workers = None,
    out: Out = None,
    resume: Resume = False,
    results: Results = None,
    study: Study = None,
    by_ear: ByEar = False,
    cluster: Annotated[
        str | None,
        typer.Option(help="Run a suite on Dask: 'local', or a scheduler's tcp://HOST:PORT."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan of a suite, and stop.")
    ] = False,
) -> None:
    """Run an experiment, or go on with a suite of them, from a YAML file."""
    from experiments.config import load_experiment
    from experiments.suite import is_suite

    if is_suite(experiment):
        from experiments.cli.suite import run_suite_file

        if by_ear:
            raise ExperimentError(f"{experiment} is a suite: --by-ear takes one run.")
        run_suite_file(
            experiment,
            overrides or (),
            workers=workers,
            out=out,
            dry_run=dry_run,
            results=results,
            study=study,
            cluster=cluster,
        )
        return
    if dry_run or cluster is not None:
        option = "--dry-run" if dry_run else "--cluster"
        raise ExperimentError(f"{experiment} is one run, no suite: leave out {option}.")
    config = load_experiment(experiment, overrides or ())
    _run(config, out, resume, workers, results=results, study=study, by_ear=by_ear)


@app.command("report")
def report_command(run: Annotated[Path, typer.Argument(help="Folder of a finished run.")]) -> None:
    """Write the report of a finished run again."""
    from experiments.report import write_report
    from experiments.run_folder import RunFolder

    console.print(str(write_report(RunFolder(run))), markup=False)


@app.command("score")
def score_command(
    target: Annotated[Path, typer.Argument(help="WAV, FLAC, OGG or MP3 to compare with.")],
    sounds: Annotated[list[Path], typer.Argument(help="Sounds to compare.")],
    objective: Annotated[
        list[str] | None, typer.Option(help="A distance; may be repeated; all otherwise.")
    ] = None,
    align: Annotated[str, typer.Option(help="Move sounds in time: none, onset or lag.")] = "none",
    level: Annotated[
        str, typer.Option(help="Bring them to one level: absolute, loudness or peak.")
    ] = "absolute",
) -> None:
    """Measure how far sounds are from another one, by all distances."""
    from experiments.scoring import score_files, scores_table
    from objectives import View

    view = View(align=align, level=level)
    console.print(scores_table(score_files(target, sounds, objective, view=view)))


def _run(
    config: "ExperimentConfig",
    out: Path | None,
    resume: bool,
    workers: int | None,
    *,
    results: str | None,
    study: str | None,
    by_ear: bool,
) -> None:
    from experiments.match import run_experiment
    from experiments.progress import SearchProgress
    from experiments.run_folder import RunFolder

    titles = [objective.title for objective in config.objectives]
    progress = SearchProgress(config.search, titles, errors)
    folder: list[RunFolder] = []

    def announce(path: Path, sentence: str) -> None:
        folder.append(RunFolder(path))
        errors.print(sentence, markup=False)
        showing.enter_context(progress)

    try:
        with contextlib.ExitStack() as showing:
            found = run_experiment(
                config,
                out=out,
                resume=resume,
                workers=workers,
                announce=announce,
                callbacks=[progress],
                results=results,
                study=study,
            )
    except KeyboardInterrupt:
        lines = ["Interrupted before the search began."]
        if folder:
            lines = ["Interrupted; nothing is lost. Go on with:", f"  {folder[0].resume_command}"]
        errors.print("\n".join(lines), markup=False)
        raise typer.Exit(_INTERRUPTED) from None
    summary = found.summary
    best = summary["native"]["file"] if summary["native"] else "best.json"
    console.print(
        f"The best of {summary['renders']} renders matches {summary['match']:.0%}: "
        f"{found.folder / best}",
        markup=False,
    )
    closer = ", ".join(
        f"{summary['closer_than'][name]:.0%} by {name}" for name in summary["objectives"]
    )
    console.print(f"It is closer than this share of random presets: {closer}.", markup=False)
    console.print(f"Report: {found.report}", markup=False)
    if by_ear:
        from experiments.cli.by_ear import steer_by_ear

        steer_by_ear(found.folder, workers=workers)


def main() -> None:
    """Run the command line; the entry point of `patchwright`."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except ValueError as error:
        if not isinstance(error, _mistakes()):
            raise
        errors.print(str(error), markup=False)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        mend = "make room, then go on with --resume" if full else "choose another folder"
        errors.print(f"{place}{error.strerror or error}: {mend}.", markup=False)
    sys.exit(2)


def _mistakes() -> tuple[type[ValueError], ...]:
    from objectives import ObjectiveError
    from search import SearchError
    from synths import SynthError

    return ExperimentError, SynthError, ObjectiveError, SearchError
