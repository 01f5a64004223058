"""The commands of the public benchmark."""

from pathlib import Path
from typing import Annotated

import typer

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.command_line import command_line
from patchwright.experiments.terminal.console import console, errors, print_whole

# slow modules are imported where they are used, so that --help is quick

benchmark_app = typer.Typer(
    no_args_is_help=True,
    help="Fixed tasks for methods that find presets; answers count only when rendered again.",
)

Workers = Annotated[
    int | None, typer.Option(help="Number of parallel processes. Default: one per core.")
]
_OUT = Path("runs/benchmark")


@benchmark_app.command("run")
def run_command(
    methods: Annotated[
        list[str] | None,
        typer.Argument(
            help="Methods: those entered, or optimizers. Default: all that are entered."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the runs and submissions.")] = _OUT,
    short: Annotated[bool, typer.Option("--short", help="Few tasks, renders and seeds.")] = False,
    task: Annotated[
        list[str] | None, typer.Option(help="Only these tasks; may be repeated.")
    ] = None,
    workers: Workers = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
) -> None:
    """Let methods search, and write a submission of each; goes on where it was stopped."""
    from patchwright.experiments.benchmark.searches import available, suite_of, write_submissions
    from patchwright.experiments.benchmark.tasks import entered_methods, read_benchmark
    from patchwright.experiments.cli.suite import do_suite
    from patchwright.synths import did_you_mean

    benchmark, form = read_benchmark(), "short" if short else "full"
    of_form = benchmark.tasks_of(form)
    for name in task or ():
        if name not in (names := [each.name for each in of_form]):
            raise ExperimentError(f"{name!r} is no task of this form; {did_you_mean(name, names)}")
    tasks, missing = available(each for each in of_form if not task or each.name in task)
    for name, why in missing.items():
        errors.print(f"{name} is left out: {why}", markup=False)
    if not tasks:
        raise ExperimentError("No synth of these tasks can be opened: install one.")
    suite, known = suite_of(benchmark, form, methods or [*entered_methods()], tasks)
    again = command_line(
        *("benchmark", "run", *(methods or ())), out=out, short=short, task=task, workers=workers
    )
    try:
        do_suite(suite, out, again, workers=workers, dry_run=dry_run)
    finally:
        written = [] if dry_run else write_submissions(benchmark, form, suite, known, out)
        if written:
            console.print(
                f"Verify with {command_line('benchmark', 'verify', *written)}",
                markup=False,
                soft_wrap=True,
            )


@benchmark_app.command("verify")
def verify_command(
    submissions: Annotated[
        list[Path], typer.Argument(help="Folders of submissions, with a method.yaml each.")
    ],
    workers: Workers = None,
) -> None:
    """Render the presets of submissions again, and write results.json into their folders."""
    from patchwright.experiments.benchmark.submission import read_submission
    from patchwright.experiments.benchmark.tasks import read_benchmark
    from patchwright.experiments.benchmark.verify import (
        RESULTS,
        claimed_tasks,
        verify,
        write_results,
    )
    from patchwright.experiments.terminal.counting import counting

    benchmark = read_benchmark()
    found = [read_submission(folder, benchmark) for folder in submissions]
    with counting("tasks verified") as counted:
        total = len(claimed_tasks(found, benchmark))
        done: list[str] = []

        def count(task: str) -> None:
            done.append(task)
            counted(len(done), total)

        results = verify(found, benchmark, workers=workers, done=count)
    for submission, each in zip(found, results, strict=True):
        write_results(each, submission.folder / RESULTS)
        console.print(
            f"{each.method.name}: {len(each.answers)} answers count, {len(each.faults)} do not",
            markup=False,
        )
        for fault in each.faults:
            errors.print(f"  {fault.task}, seed {fault.seed}: {fault.why}", markup=False)
    for name, why in results[0].left_out.items():
        errors.print(f"{name} is left out: {why}", markup=False)


@benchmark_app.command("page")
def page_command(
    results: Annotated[
        list[Path], typer.Argument(help="Verified submissions: their folders or results.json.")
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("benchmark.html"),
    markdown: Annotated[Path | None, typer.Option(help="Markdown file for the tables.")] = None,
) -> None:
    """Rank verified submissions on one page."""
    from patchwright.experiments.benchmark.page import tables, write_page
    from patchwright.experiments.benchmark.ranking import rank
    from patchwright.experiments.benchmark.tasks import read_benchmark
    from patchwright.experiments.benchmark.verify import read_results
    from patchwright.experiments.compare.text import markdown_text, terminal_table
    from patchwright.experiments.records.run_folder import write_text

    benchmark = read_benchmark()
    found = [read_results(path) for path in results]
    ranking = rank(found, benchmark)
    shown = tables(found, ranking, benchmark)
    for table in shown:
        print_whole(terminal_table(table))
    write_page(found, benchmark, out)
    console.print(f"Page: {out}", markup=False, soft_wrap=True)
    if markdown is not None:
        write_text(markdown, markdown_text(shown))
