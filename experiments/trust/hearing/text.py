"""Shares of pairs as tables, and distances of all changes as CSV."""

import csv
import io
from collections.abc import Mapping

import numpy as np

from patchwright.experiments.terminal.plain_text import spreadsheet_cell
from patchwright.experiments.trust.hearing.hearing import Hearing, Shares


def summary_rows(found: Mapping[str, Shares]) -> list[list[str]]:
    """Arrange the shares of all pairs, and of the worst kind, with a row per distance.

    "farther than all" is the share of plain changes that are farther than every small one.

    Args:
        found: Shares by name of the distance or set.

    Returns:
        Rows of cells; the first is the header.
    """
    rows = [
        [
            "distance",
            "all kinds",
            "95 % interval",
            "farther than all",
            "worst kind",
            "share",
            "95 % interval",
        ]
    ]
    for name, shares in found.items():
        if np.isnan(shares.overall):
            rows.append([name, *["–"] * 6])
            continue
        worst = shares.worst
        rows.append(
            [
                name,
                f"{shares.overall:.3f}",
                _interval(*shares.overall_interval),
                f"{shares.clear:.2f}",
                shares.kinds[worst],
                f"{shares.share[worst]:.2f}",
                _interval(*shares.interval[worst], digits=2),
            ]
        )
    return rows


def kind_rows(found: Mapping[str, Shares]) -> list[list[str]]:
    """Arrange the shares with a row per kind of plain change and a column per distance.

    Returns:
        Rows of cells; the first is the header.
    """
    columns = [["plain change", *next(iter(found.values())).kinds]]
    for name, shares in found.items():
        columns.append([name, *("–" if np.isnan(x) else f"{x:.2f}" for x in shares.share)])
    return [list(row) for row in zip(*columns, strict=True)]


def csv_text(hearing: Hearing) -> str:
    """Format all distances as CSV, a line per sound and change; empty for NaN.

    The first lines of each sound have the median distances of random presets.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = map(spreadsheet_cell, hearing.names)
    writer.writerow(["sound", "plain", "kind", "change", *names])
    for sound, units, rows in zip(hearing.sounds, hearing.units, hearing.distances, strict=True):
        writer.writerow([spreadsheet_cell(sound), "", "unit", "random presets", *map(_cell, units)])
        for change, row in zip(hearing.changes, rows, strict=True):
            writer.writerow(
                [
                    spreadsheet_cell(sound),
                    int(change.plain),
                    change.kind,
                    spreadsheet_cell(str(change)),
                    *map(_cell, row),
                ]
            )
    return out.getvalue()


def remarks(hearing: Hearing) -> list[str]:
    """Return remarks on distances that measured nothing."""
    nothing = np.asarray(np.isnan(hearing.distances).all(axis=(0, 1)))
    return [
        f"{name} measured nothing: {hearing.complaints[name]}"
        for name, empty in zip(hearing.names, nothing, strict=True)
        if empty and name in hearing.complaints
    ]


def _interval(low: float, high: float, *, digits: int = 3) -> str:
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _cell(number: float) -> str:
    return "" if np.isnan(number) else f"{number:.6g}"
