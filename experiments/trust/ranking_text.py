"""A ranking as a table and as CSV, with remarks."""

import csv
import io

import numpy as np

from patchwright.experiments.terminal.plain_text import spreadsheet_cell
from patchwright.experiments.trust.ranking import Ranking


def table_rows(ranking: Ranking) -> list[list[str]]:
    """Arrange the means in a table with a row per attribute and a column per distance.

    The table is transposed if there are more distances than attributes, so that it is not wide. A
    mean over fewer presets than its attribute has is followed by their number.

    Returns:
        Rows of cells; the first is the header.
    """
    header = ["attribute", "presets", *ranking.distances]
    used = ranking.audible.sum(axis=1)
    rows = [
        [name, str(n), *(_cell(*pair, n) for pair in zip(means, counts, strict=True))]
        for name, n, means, counts in zip(
            ranking.attributes, used.tolist(), ranking.means, ranking.counts, strict=True
        )
    ]
    overall = ["–" if np.isnan(mean) else f"{mean:.3f}" for mean in ranking.overall]
    table = [header, *rows, ["mean", "", *overall]]
    if len(ranking.distances) > len(ranking.attributes):
        return [list(column) for column in zip(*table, strict=True)]
    return table


def csv_text(ranking: Ranking) -> str:
    """Format the correlations as CSV, a line per attribute and preset; empty for NaN."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["attribute", "preset", *map(spreadsheet_cell, ranking.distances)])
    for name, by_preset in zip(ranking.attributes, ranking.correlations, strict=True):
        for preset, row in enumerate(by_preset):
            figures = ("" if np.isnan(r) else f"{r:.6g}" for r in row)
            writer.writerow([spreadsheet_cell(name), preset, *figures])
    return out.getvalue()


def remarks(ranking: Ranking) -> list[str]:
    """Return remarks on sweeps that were left out and on distances without figures."""
    found = []
    inaudible = int((ranking.complete & ~ranking.audible).sum())
    failed = int((~ranking.complete).sum())
    total = ranking.audible.size
    if inaudible:
        found.append(f"Left out: {inaudible} of {total} sweeps, which did not change the sound.")
    if failed:
        found.append(f"Left out: {failed} of {total} sweeps, in which a render failed.")
    for name, n in zip(ranking.distances, ranking.counts.sum(axis=0).tolist(), strict=True):
        if not n and name in ranking.complaints:
            found.append(f"{name} measured nothing: {ranking.complaints[name]}")
    return found


def _cell(mean: float, count: int, row_count: int) -> str:
    if np.isnan(mean):
        return "–"
    return f"{mean:.3f}" + (f" ({count})" if count < row_count else "")
