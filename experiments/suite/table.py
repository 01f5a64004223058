"""Summary table of a suite's results."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from patchwright.experiments.records.finished_run import read_record
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.worker import is_finished, run_folder


def match_table(
    runs: Sequence[SuiteRun], folder: Path, elsewhere: Mapping[str, float] | None = None
) -> Table:
    """Tabulate the median match of the finished runs, with targets in rows and methods in columns.

    A match of 1 is the target itself, and 0 the median random preset.

    Args:
        runs: Runs of the suite.
        folder: Folder of the suite.
        elsewhere: Match by ID of runs that other processes finished in other folders.
    """
    matches = {**(elsewhere or {}), **_matches(runs, folder)}
    cells: dict[tuple[str, ...], dict[str, list[float]]] = {}
    rows = [key for key in ("synth", "target", "performance") if any(key in r.labels for r in runs)]
    methods: dict[str, None] = {}
    for run in runs:
        if run.id in matches:
            row = tuple(run.labels.get(key, "") for key in rows)
            method = run.labels["method"]
            methods[method] = None
            cells.setdefault(row, {}).setdefault(method, []).append(matches[run.id])
    table = Table(*rows, title="median match")
    for method in methods:
        table.add_column(method, justify="right")
    for row, by_method in cells.items():
        medians = (
            f"{statistics.median(by_method[method]):.1%}" if method in by_method else "-"
            for method in methods
        )
        table.add_row(*row, *medians)
    return table


def _matches(runs: Sequence[SuiteRun], folder: Path) -> dict[str, float]:
    finished = {run.id: run_folder(folder, run) for run in runs if is_finished(folder, run)}
    return {
        name: read_record(place, place.summary, Summary).match for name, place in finished.items()
    }
