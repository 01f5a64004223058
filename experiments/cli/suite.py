"""The command `run` for suites."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import filelock
import joblib
import typer

from patchwright.experiments.cli.interrupt import resumable
from patchwright.experiments.cluster import count_workers
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.records.run_folder import write_json
from patchwright.experiments.suite import RunOutcome, Suite, read_suite, run_suite
from patchwright.experiments.suite.cluster import open_cluster
from patchwright.experiments.suite.pace import write_outcome
from patchwright.experiments.suite.plan import Plan, duration, make_plan
from patchwright.experiments.suite.progress import SuiteProgress
from patchwright.experiments.suite.table import match_table
from patchwright.experiments.suite.worker import finished_elsewhere
from patchwright.experiments.terminal.command_line import command_line, hint
from patchwright.experiments.terminal.console import console, errors, print_whole
from patchwright.experiments.terminal.masking import is_address, masked


def run_suite_file(
    path: Path,
    overrides: Sequence[str],
    *,
    workers: int | None,
    out: Path | None,
    dry_run: bool,
    results: str | None = None,
    study: str | None = None,
    cluster: str | None = None,
) -> None:
    """Show the plan of a suite, run the unfinished runs, and show the results of all.

    Args:
        path: YAML file.
        overrides: Assignments for every run, such as ``search.renders=100``.
        workers: Number of parallel runs; one per core if None.
        out: Folder of the suite; `runs/` and its name if None.
        dry_run: Whether to show the plan and all runs without running them.
        results: Database to add finished runs to; processes that share it share the runs.
        study: Optuna database to write finished runs to.
        cluster: ``local``, or the address of a Dask scheduler whose workers do the runs.

    Raises:
        ExperimentError: If the suite or a run's config is wrong, or a database or the cluster
            cannot be used.
        SynthError: If the file is not YAML.
        typer.Exit: With the code 1 if a run failed or is missing in a database, and 130 on Ctrl-C.
    """
    _check_workers(workers)
    suite = read_suite(path, overrides)
    folder = Path("runs") / suite.name if out is None else out
    again = command_line(
        "run",
        path,
        out=folder,
        set=overrides,
        workers=workers,
        results=results,
        study=study,
        cluster=cluster,
    )
    places = {"results": _absolute(results), "study": _absolute(study)}
    do_suite(suite, folder, again, workers=workers, dry_run=dry_run, cluster=cluster, **places)


def do_suite(
    suite: Suite,
    folder: Path,
    again: str,
    *,
    workers: int | None,
    dry_run: bool = False,
    results: str | None = None,
    study: str | None = None,
    cluster: str | None = None,
) -> None:
    """Do the runs of a suite that are not finished; see `run_suite_file`.

    Args:
        suite: Suite.
        folder: Folder of the suite.
        again: Command that continues it.
        workers: Number of parallel runs; one per core if None.
        dry_run: Whether to show the plan and all runs without running them.
        results: Database to add finished runs to.
        study: Optuna database to write finished runs to.
        cluster: ``local``, or the address of a Dask scheduler.

    Raises:
        ExperimentError: See `run_suite_file`.
        typer.Exit: See `run_suite_file`.
    """
    _check_workers(workers)
    with resumable(lambda: again):
        count = workers or joblib.cpu_count()
        if cluster is not None:
            count = count_workers(cluster, workers=workers)
        plan = make_plan(suite, folder, workers=count, results=results, study=study)
        _show(plan, folder)
        if dry_run:
            console.print("\n".join(plan.lines()))
            return
        failed, unwritten = _run(plan, folder, cluster=cluster, results=results, study=study)
    elsewhere: dict[str, float] = {}
    with contextlib.suppress(DatabaseAwayError):  # then only the runs in the folder are shown
        elsewhere = finished_elsewhere(suite.runs, results)
    print_whole(match_table(suite.runs, folder, elsewhere))
    if (folder / "runs").is_dir():
        console.print(f"Folder of the runs: {folder / 'runs'}")
    elif elsewhere:
        console.print(f"The runs are in {masked(results)}, and none in {folder}.")
    for outcome in failed:
        errors.print(f"{outcome.id} failed: {outcome.error}")
    if failed:
        errors.print(
            f"{len(failed)} of {len(suite.runs)} runs failed; to try them again"
            f"{hint(again)}: {again}",
        )
    if unwritten:
        errors.print(
            f"{len(unwritten)} of {len(suite.runs)} runs are finished, but not written to the "
            f"database: {unwritten[0].unwritten} To write them{hint(again)}: {again}"
        )
    if failed or unwritten:
        raise typer.Exit(1)


def _check_workers(workers: int | None) -> None:
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")


def _absolute(place: str | None) -> str | None:
    """Make the path of a file absolute, and leave an address as it is."""
    return place if place is None or is_address(place) else str(Path(place).absolute())


def _show(plan: Plan, folder: Path) -> None:
    print_whole(plan.table())
    runs, waiting = len(plan.suite.runs), len(plan.waiting)
    progress = f"{plan.suite.name}: {runs - waiting} of {runs} runs are finished"
    if plan.time is not None and waiting:
        progress += f"; the others take about {duration(plan.time)}, {plan.workers} at a time"
    console.print(f"{progress}.")
    if plan.unrelated:
        console.print(
            f"{plan.unrelated} more in {folder / 'runs'} do not belong to the suite as it is now.",
        )


def _run(
    plan: Plan, folder: Path, *, results: str | None, study: str | None, cluster: str | None
) -> tuple[list[RunOutcome], list[RunOutcome]]:
    """Run a plan.

    Returns:
        The runs that failed, which `failed.json` lists as well, and those that are finished but
        missing in a database.
    """
    runs = {run.id: run for run in plan.suite.runs}
    failed: list[RunOutcome] = []
    unwritten: list[RunOutcome] = []
    _write_failed(folder, failed)
    todo = [*plan.unwritten, *plan.waiting]
    with contextlib.ExitStack() as held:
        dispatch = None
        if cluster is not None and todo:
            dispatch = held.enter_context(
                open_cluster(
                    cluster,
                    workers=plan.workers,
                    runs=todo,
                    folder=folder,
                    results=results,
                    study=study,
                    refuse=lambda sentence: errors.print(sentence),
                )
            )
        progress = held.enter_context(SuiteProgress(len(runs), len(runs) - len(todo), errors))
        outcomes = held.enter_context(
            contextlib.closing(
                run_suite(
                    todo,
                    folder.absolute(),
                    workers=plan.workers,
                    results=results,
                    study=study,
                    dispatch=dispatch,
                    notice=progress.notice,
                )
            )
        )
        for outcome in outcomes:
            progress(outcome)
            write_outcome(folder, outcome, runs[outcome.id])
            if outcome.error is not None:
                failed.append(outcome)
                _write_failed(folder, failed)
            elif outcome.unwritten is not None:
                unwritten.append(outcome)
    return failed, unwritten


def _write_failed(folder: Path, failed: Sequence[RunOutcome]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):  # another process may run the same suite
        rows = [{"id": outcome.id, "error": outcome.error} for outcome in failed]
        write_json(folder / "failed.json", rows)
