"""The command that compares finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.cli.options import By, Common, Runs
from patchwright.experiments.terminal.console import console, errors, print_whole

# slow modules are imported where they are used, so that --help is quick


def compare_command(
    runs: Runs,
    by: By = None,
    common: Common = False,
    at: Annotated[
        list[int] | None, typer.Option(help="Number of renders to compare at; may be repeated.")
    ] = None,
    answers: Annotated[
        list[Path] | None,
        typer.Option(help="Files that listeners saved, or folders of them."),
    ] = None,
    key: Annotated[
        Path,
        typer.Option(help="Key file of the page that they answered; see 'patchwright listen'."),
    ] = Path("listening/key.json"),
    html: Annotated[Path | None, typer.Option(help="HTML file for all tables and figures.")] = None,
    latex: Annotated[Path | None, typer.Option(help="LaTeX file for the tables.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Markdown file for the tables.")] = None,
    csv: Annotated[Path | None, typer.Option(help="CSV file for the numbers of each run.")] = None,
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
        # a shell expands --answers answers*.json, so that all but the first end up among the runs
        more = [path for path in runs if path.suffix == ".json"]
        runs = [path for path in runs if path not in more]
        listening = read_listening(key, [*answers, *more])
    records = [read_run(folder) for folder in find_runs(runs)]
    comparison = compare_runs(records, by=by, common=common, at=at or (), listening=listening)
    by_measure = comparison.by_measure
    shown = by_measure[:1] if comparison.ratings is None else (by_measure[0], by_measure[-1])
    for table in tables(comparison, shown):
        print_whole(terminal_table(table))
    console.print(
        "Pairs by all measures are in the files that --html, --latex and --markdown write."
    )
    for remark in comparison.remarks:
        errors.print(remark)
    if html is not None:
        write_page(comparison, html)
    if csv is not None:
        write_text(csv, csv_text(comparison))
    if latex is not None:
        write_text(latex, latex_text(tables(comparison), comparison.remarks))
    if markdown is not None:
        write_text(markdown, markdown_text(tables(comparison), comparison.remarks))
    for file in filter(None, (html, latex, markdown, csv)):
        console.print(f"Written: {file}")
