"""The commands of the results database."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, print_whole
from patchwright.experiments.terminal.masking import masked

# slow modules are imported where they are used, so that --help is quick

results_app = typer.Typer(
    no_args_is_help=True, help="Collect the results of many runs in a SQL database."
)

Results = Annotated[
    str, typer.Option("--results", help="Database: a SQLite file, or postgresql://USER@HOST/NAME.")
]
_DEFAULT = "runs/results.db"


@results_app.command("add")
def add_command(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of finished runs, or folders that contain runs.")
    ],
    results: Results = _DEFAULT,
) -> None:
    """Add finished runs to the database, or replace them there."""
    from patchwright.experiments.database import add_run, open_database
    from patchwright.experiments.records.finished_run import find_runs, read_run

    runs = [read_run(folder) for folder in find_runs(folders)]
    database = open_database(results)
    for run in runs:
        add_run(database, run)
    console.print(f"{len(runs)} runs are in {masked(results)}.")


@results_app.command("list")
def list_command(
    target: Annotated[str | None, typer.Option(help="Name of the target. Default: all.")] = None,
    results: Results = _DEFAULT,
) -> None:
    """List the runs in the database, with their scores."""
    from patchwright.experiments.database import find, open_database

    table = Table("target", "synth", "method", "seed", "renders", "seconds", "match", "scores")
    with open_database(results).session() as session:
        for run in find(session, target=target):
            scores = [
                f"{score.name} {score.value:.3g}"
                for score in run.scores
                if score.role == "optimised"
            ]
            table.add_row(
                run.target,
                run.synth,
                run.method,
                str(run.seed),
                str(run.renders),
                f"{run.seconds:.1f}",
                f"{run.match:.0%}",
                " ".join(scores),
            )
    if not table.rows:
        again = command_line("results", "add", "FOLDER", results=results)
        raise ExperimentError(f"There are no runs: add some with {again}.")
    print_whole(table)


@results_app.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(help="File to write: .csv or .parquet.")],
    results: Results = _DEFAULT,
) -> None:
    """Write the database as one table, with a row per run and metric."""
    from patchwright.experiments.database import export, open_database

    rows = export(open_database(results), file)
    console.print(f"{rows} rows: {file}")
