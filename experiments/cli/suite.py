"""What the command `run` does with a suite."""

import contextlib
import shlex
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import filelock
import joblib
import typer

from experiments.console import console, errors
from experiments.errors import ExperimentError
from experiments.run_folder import write_json
from experiments.suite import Outcome, read_suite, run_suite
from experiments.suite.pace import write_outcome
from experiments.suite.plan import Plan, duration, make_plan
from experiments.suite.progress import SuiteProgress
from experiments.suite.table import match_table

_INTERRUPTED = 128 + signal.SIGINT


def run_suite_file(
    path: Path,
    overrides: Sequence[str],
    *,
    workers: int | None,
    out: Path | None,
    dry_run: bool,
) -> None:
    """Show the plan of a suite, run what is not finished, and show what was found.

    Args:
        path: Of the YAML file.
        overrides: Such as ``search.renders=100``, for every run.
        workers: Runs at a time; one a core if None.
        out: Folder of the suite; `runs/` and its name if None.
        dry_run: Show the plan and all runs, and stop.

    Raises:
        ExperimentError: If the suite or a run's config is wrong, or the folder is in use.
        SynthError: If the file is not YAML.
        typer.Exit: With 1 if a run failed, with 130 at Ctrl-C.
    """
    if workers is not None and workers < 1:
        raise ExperimentError(f"--workers must be at least 1, not {workers}.")
    suite = read_suite(path, overrides)
    folder = Path("runs") / suite.name if out is None else out
    again = ["patchwright", "run", str(path), "--out", str(folder)]
    again += [word for text in overrides for word in ("--set", text)]
    again += [] if workers is None else ["--workers", str(workers)]
    try:
        plan = make_plan(suite, folder, workers=workers or joblib.cpu_count())
        _show(plan, folder)
        if dry_run:
            console.print("\n".join(plan.lines()), markup=False, soft_wrap=True)
            return
        with _claim(folder):
            failed = _run(plan, folder)
    except KeyboardInterrupt:
        lines = ["Interrupted; nothing is lost. Go on with:", f"  {shlex.join(again)}"]
        errors.print("\n".join(lines), markup=False)
        raise typer.Exit(_INTERRUPTED) from None
    console.print(match_table(suite.runs, folder))
    console.print(f"The runs: {folder / 'runs'}", markup=False)
    for outcome in failed:
        errors.print(f"{outcome.id} failed: {outcome.error}", markup=False)
    if failed:
        errors.print(
            f"{len(failed)} of {len(suite.runs)} runs failed; to try them again: "
            f"{shlex.join(again)}",
            markup=False,
        )
        raise typer.Exit(1)


def _show(plan: Plan, folder: Path) -> None:
    console.print(plan.table())
    runs, waiting = len(plan.suite.runs), len(plan.waiting)
    told = f"{plan.suite.name}: {runs - waiting} of {runs} runs are finished"
    if plan.time is not None and waiting:
        told += f"; the others take about {duration(plan.time)}, {plan.workers} at a time"
    console.print(f"{told}.", markup=False)
    if plan.strangers:
        console.print(
            f"{plan.strangers} more in {folder / 'runs'} are not of this suite as it is now.",
            markup=False,
        )


def _run(plan: Plan, folder: Path) -> list[Outcome]:
    """The runs that failed, which `failed.json` names as well."""
    runs = {run.id: run for run in plan.suite.runs}
    failed: list[Outcome] = []
    write_json(folder / "failed.json", failed)
    finished = len(runs) - len(plan.waiting)
    outcomes = run_suite(plan.waiting, folder, workers=plan.workers)
    with SuiteProgress(len(runs), finished, errors) as progress, contextlib.closing(outcomes):
        for outcome in outcomes:
            progress(outcome)
            write_outcome(folder, outcome, runs[outcome.id])
            if outcome.error is not None:
                failed.append(outcome)
                told = [{"id": each.id, "error": each.error} for each in failed]
                write_json(folder / "failed.json", told)
    return failed


@contextlib.contextmanager
def _claim(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / ".lock", blocking=False):
            yield
    except filelock.Timeout:
        raise ExperimentError(
            f"{folder} is in use by another process: wait for it, or give another --out."
        ) from None
