"""A ranking as a table, as Markdown, as CSV, and what has to be said of it."""

import csv
import io

import numpy as np

from patchwright.experiments.trust.ranking import Ranking


def table_rows(ranking: Ranking) -> list[list[str]]:
    """Lay the means out: a row for each attribute, a column for each distance, a mean of each.

    The other way round if there are more distances than attributes, so that the table is not
    wide. A mean over fewer presets than its attribute has is followed by their number.

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


def markdown_text(ranking: Ranking) -> str:
    """The same as a Markdown table."""
    header, *rows = table_rows(ranking)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def csv_text(ranking: Ranking) -> str:
    """Each correlation: a line for each attribute and preset; empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["attribute", "preset", *ranking.distances])
    for name, by_preset in zip(ranking.attributes, ranking.correlations, strict=True):
        for preset, row in enumerate(by_preset):
            writer.writerow([name, preset, *("" if np.isnan(r) else f"{r:.6g}" for r in row)])
    return out.getvalue()


def remarks(ranking: Ranking) -> list[str]:
    """Say what was left out, and why a distance has no figures."""
    said = []
    inaudible = int((ranking.complete & ~ranking.audible).sum())
    failed = int((~ranking.complete).sum())
    total = ranking.audible.size
    if inaudible:
        said.append(
            f"Left out: {inaudible} of {total} sweeps, which changed nothing that is heard."
        )
    if failed:
        said.append(f"Left out: {failed} of {total} sweeps, in which a render failed.")
    for name, n in zip(ranking.distances, ranking.counts.sum(axis=0).tolist(), strict=True):
        if not n and name in ranking.complaints:
            said.append(f"{name} measured nothing: {ranking.complaints[name]}")
    return said


def _cell(mean: float, count: int, row_count: int) -> str:
    if np.isnan(mean):
        return "–"
    return f"{mean:.3f}" + (f" ({count})" if count < row_count else "")
