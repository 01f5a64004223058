"""The command that compares finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.options import By, Common, Runs
from patchwright.experiments.console import console, errors, print_whole

# what takes long to import is imported where it is used, so that --help is quick


def compare_command(
    runs: Runs,
    by: By = None,
    common: Common = False,
    at: Annotated[
        list[int] | None, typer.Option(help="Budget of renders to look at; may be repeated.")
    ] = None,
    answers: Annotated[
        list[Path] | None,
        typer.Option(help="What listeners saved: files, or folders of such."),
    ] = None,
    key: Annotated[
        Path, typer.Option(help="Of the page that they answered; see 'patchwright listen'.")
    ] = Path("listening/key.json"),
    html: Annotated[Path | None, typer.Option(help="File of a page with all of it.")] = None,
    latex: Annotated[Path | None, typer.Option(help="File of the tables in LaTeX.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="File of the tables in Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option(help="File of each run's figures.")] = None,
) -> None:
    """Compare finished runs: medians, tests, wins and convergence."""
    from patchwright.experiments.compare import compare_runs, read_listening, write_page
    from patchwright.experiments.compare.tables import tables
    from patchwright.experiments.compare.text import (
        csv_text,
        latex_text,
        markdown_text,
        terminal_table,
    )
    from patchwright.experiments.records.finished_run import find_runs, read_run
    from patchwright.experiments.records.run_folder import write_text

    listening = None
    if answers:
        # a shell that writes out --answers answers*.json puts all but the first among the runs
        more = [path for path in runs if path.suffix == ".json"]
        runs = [path for path in runs if path not in more]
        listening = read_listening(key, [*answers, *more])
    records = [read_run(folder) for folder in find_runs(runs)]
    found = compare_runs(records, by=by, common=common, at=at or (), listening=listening)
    by_measure = found.by_measure
    shown = by_measure[:1] if found.ratings is None else (by_measure[0], by_measure[-1])
    for table in tables(found, shown):
        print_whole(terminal_table(table))
    console.print("Pairs by all measures are in the files of --html, --latex and --markdown.")
    for remark in found.remarks:
        errors.print(remark, markup=False)
    if html is not None:
        write_page(found, html)
    if csv is not None:
        write_text(csv, csv_text(found))
    if latex is not None:
        write_text(latex, latex_text(tables(found), found.remarks))
    if markdown is not None:
        write_text(markdown, markdown_text(tables(found), found.remarks))
    for file in filter(None, (html, latex, markdown, csv)):
        console.print(f"Written: {file}", markup=False)
