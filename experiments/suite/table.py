"""What a suite found, in short."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.worker import is_finished, run_folder


def match_table(
    runs: Sequence[SuiteRun], folder: Path, elsewhere: Mapping[str, float] | None = None
) -> Table:
    """Tabulate the median match of the finished runs: targets by methods.

    A match is 1 at the target itself and 0 at the median random preset.

    Args:
        runs: Of the suite.
        folder: Of the suite.
        elsewhere: The match of runs that other processes finished, by their IDs.
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
    for row, found in cells.items():
        medians = (
            f"{statistics.median(found[method]):.1%}" if method in found else "-"
            for method in methods
        )
        table.add_row(*row, *medians)
    return table


def _matches(runs: Sequence[SuiteRun], folder: Path) -> dict[str, float]:
    return {
        run.id: read_run(run_folder(folder, run).path).summary.match
        for run in runs
        if is_finished(folder, run)
    }
