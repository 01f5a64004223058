"""Plan of a suite: runs, renders and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.suite.config import Suite, SuiteRun
from patchwright.experiments.suite.pace import paces, seconds
from patchwright.experiments.suite.worker import finished_elsewhere, is_finished, run_folder


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Remaining work of a suite.

    Attributes:
        suite: Suite with all of its runs.
        waiting: Runs that are not finished.
        unwritten: Finished runs that are missing in a database.
        unrelated: Number of run folders that do not belong to the suite.
        paces: Seconds per render by synth, where known.
        workers: Number of runs at a time.
    """

    suite: Suite
    waiting: tuple[SuiteRun, ...]
    unwritten: tuple[SuiteRun, ...]
    unrelated: int
    paces: dict[str, float]
    workers: int

    @property
    def time(self) -> float | None:
        """Estimated seconds until all runs are finished; None if unknown."""
        return self._time(self.waiting)

    def table(self) -> Table:
        """Make a table of runs, renders and time by synth and method."""
        table = Table("synth", "method")
        for heading in ("runs", "finished", "renders to do", "time"):
            table.add_column(heading, justify="right")
        groups: dict[tuple[str, str], list[SuiteRun]] = {}
        for run in self.suite.runs:
            groups.setdefault((run.labels["synth"], run.labels["method"]), []).append(run)
        ids = {run.id for run in self.waiting}
        for (synth, method), runs in groups.items():
            waiting = tuple(run for run in runs if run.id in ids)
            table.add_row(synth, method, *self._figures(len(runs), waiting))
        if len(groups) > 1:
            table.add_section()
            table.add_row("all", "", *self._figures(len(self.suite.runs), self.waiting))
        return table

    def lines(self) -> list[str]:
        """List all runs, one per line, with a star before finished ones."""
        ids = {run.id for run in self.waiting}
        return [f"{' ' if run.id in ids else '*'} {run.id}" for run in self.suite.runs]

    def _figures(self, count: int, waiting: tuple[SuiteRun, ...]) -> tuple[str, ...]:
        renders = [run.config.search.renders for run in waiting]
        known = [number for number in renders if number is not None]
        return (
            f"{count:,}",
            f"{count - len(waiting):,}",
            f"{sum(known):,}" if len(known) == len(renders) else "-",
            duration(self._time(waiting)),
        )

    def _time(self, runs: tuple[SuiteRun, ...]) -> float | None:
        times = [seconds(run.config, self.paces.get(run.labels["synth"])) for run in runs]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return None
        return max([sum(known) / self.workers, *known])


def make_plan(
    suite: Suite,
    folder: Path,
    *,
    workers: int,
    results: str | None = None,
    study: str | None = None,
) -> Plan:
    """Plan the remaining work of a suite, with a short trial of synths without finished runs.

    Args:
        suite: Suite to run.
        folder: Folder of the suite, which need not exist.
        workers: Number of runs at a time.
        results: Database of finished runs, possibly shared; None if unused.
        study: Optuna database of finished runs; None if unused.

    Raises:
        ExperimentError: If a database cannot be read.

    Examples:
        ::

            plan = make_plan(read_suite(Path("suite.yaml")), Path("runs/suite"), workers=4)
            print(len(plan.waiting), plan.time)
    """
    here = [run for run in suite.runs if is_finished(folder, run)]
    elsewhere = finished_elsewhere(suite.runs, results)
    studies = _studies(here, folder, study)
    done = {run.id for run in here} | elsewhere.keys()
    waiting = tuple(run for run in suite.runs if run.id not in done)
    unwritten = tuple(
        run
        for run in here
        if (results is not None and run.id not in elsewhere)
        or (study is not None and run.id not in studies)
    )
    folders = {path.parent.name for path in folder.glob("runs/*/run.yaml")}
    return Plan(
        suite=suite,
        waiting=waiting,
        unwritten=unwritten,
        unrelated=len(folders - {run.id for run in suite.runs}),
        paces=paces(folder, waiting),
        workers=workers,
    )


def _studies(runs: Sequence[SuiteRun], folder: Path, study: str | None) -> set[str]:
    """Return the names of finished runs that are complete studies in a database."""
    if study is None or not runs:
        return set()
    from patchwright.experiments.studies.sql import count_trials

    trials = count_trials(study)
    renders = {run.id: read_run(run_folder(folder, run).path).summary.renders for run in runs}
    return {name for name, count in renders.items() if trials.get(name) == count}


def duration(seconds: float | None) -> str:
    """Format a duration to the second, minute or tenth of an hour."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
