"""Tables of a comparison, independent of their format: terminal, Markdown, LaTeX or HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.comparison import Comparison, MeasureResult, Pair
from patchwright.experiments.compare.convergence import AXES, Axis, Curve
from patchwright.experiments.compare.listening.ratings import Ratings
from patchwright.experiments.compare.measures import Measure
from patchwright.experiments.compare.statistics import (
    FEWEST,
    LEVEL,
    mean_intervals,
    median_intervals,
)
from patchwright.experiments.pages.numbers import number
from patchwright.objectives.metrics import SIMILARITIES

NONE = "–"
CONTROLS = ("hidden reference", "low anchor")
"""Sounds that listeners rate besides those of the groups."""
_PAIR = ("median difference", "better / equal / worse", "A12", "p", "p, Holm")
_TITLES = {"distance": "distance to the ideal point"}


@dataclass(frozen=True)
class Cell:
    """Text of a table cell, whether it is the best of its row, and a remark."""

    text: str
    best: bool = False
    remark: str = ""

    @property
    def whole(self) -> str:
        """Text followed by the remark."""
        return f"{self.text} {self.remark}" if self.remark else self.text


@dataclass(frozen=True)
class Table:
    """Table of texts.

    Attributes:
        title: Title of the table.
        header: Headings of the columns.
        names: Number of leading columns that hold names instead of numbers.
        rows: Rows of cells.
        note: Explanation below the table.
    """

    title: str
    header: tuple[str, ...]
    names: int
    rows: tuple[tuple[Cell, ...], ...]
    note: str


def tables(comparison: Comparison, tested: Sequence[MeasureResult] | None = None) -> list[Table]:
    """Make all tables except those of single targets.

    Args:
        comparison: Comparison to show.
        tested: Results whose pairs are listed; all if None.
    """
    ranks = [ranks_table(comparison)] if any(r.ranks for r in comparison.by_measure) else []
    return [
        *listening_tables(comparison),
        medians_table(comparison),
        tests_table(comparison, comparison.by_measure if tested is None else tested),
        *ranks,
        wins_table(comparison),
        *(budgets_table(comparison, axis) for axis in AXES if _drawn(comparison, axis)),
    ]


def title(name: str, *, higher: bool = False) -> str:
    """Return the title of a measure."""
    return _TITLES.get(name, name) + (" (higher is closer)" if higher else "")


def curve_title(name: str) -> str:
    """Return the title of a quantity that is tracked during a search."""
    if name in SIMILARITIES:
        return f"1 - {name}"  # as searches minimise it
    return title(name, higher=name == "hypervolume")


def listening_tables(comparison: Comparison) -> list[Table]:
    """Make the tables of ratings; none without a listening test."""
    if comparison.ratings is None:
        return []
    return [_ratings_table(comparison, comparison.ratings), _listeners_table(comparison)]


def medians_table(comparison: Comparison) -> Table:
    """Make the table of medians over targets with their intervals."""
    groups = comparison.design.groups
    rows = []
    for result in comparison.by_measure:
        cells = [
            Cell(number(median), bool(best), _interval(bounds))
            for median, bounds, best in zip(
                result.medians, result.intervals, result.best, strict=True
            )
        ]
        n = str(len(result.measure.targets))
        optimised = _optimised(result.measure, groups)
        rows.append((_name(result.measure), Cell(optimised), Cell(n), *cells))
    return Table(
        "Medians over targets",
        ("measure", "optimised", "targets", *groups),
        2,
        tuple(rows),
        "Median over targets of the median over seeds, with a 95 % bootstrap interval for three or "
        "more targets.",
    )


def tests_table(comparison: Comparison, results: Sequence[MeasureResult]) -> Table:
    """Make the table of tests of all pairs of groups."""
    groups = comparison.design.groups
    ranked = any(result.ranks is not None for result in results)
    rows = [
        (_name(result.measure), *_pair_cells(pair, groups), *_nemenyi(pair, result)[:ranked])
        for result in results
        for pair in result.pairs
    ]
    return Table(
        "Pairs",
        (
            *("measure", "first", "second"),
            *_PAIR,
            *(["p, Nemenyi"] if ranked else []),
        ),
        3,
        tuple(rows),
        "Differences are the first group minus the second, by target. A12 is the probability that "
        "a run of the first is better than one of the second on the same target (0.5: no effect). "
        "p values are those of the two-sided Wilcoxon signed-rank test over targets, with Holm's "
        "correction for the pairs of one measure"
        + (", and of Nemenyi's test of mean ranks. " if ranked else ". ")
        + f"{NONE}: no test, as fewer than {FEWEST} targets cannot reach {LEVEL:.0%}.",
    )


def ranks_table(comparison: Comparison) -> Table:
    """Make the table of mean ranks of three or more groups."""
    rows = []
    for result in comparison.by_measure:
        if result.ranks is None:
            rows.append((_name(result.measure), *[Cell(NONE)] * (len(result.medians) + 3)))
            continue
        test = result.ranks
        best = (test.ranks == test.ranks.min()) & (np.ptp(test.ranks) > 0)
        rows.append(
            (
                _name(result.measure),
                *(Cell(f"{r:.2f}", bool(b)) for r, b in zip(test.ranks, best, strict=True)),
                Cell(number(test.statistic)),
                Cell(probability(test.p)),
                Cell(f"{test.critical:.2f}"),
            )
        )
    return Table(
        "Mean ranks",
        ("measure", *comparison.design.groups, "chi-squared", "p", "critical difference"),
        1,
        tuple(rows),
        "Rank 1 is the best on every target. p values are those of Friedman's test; where it is "
        "significant, groups differ if their ranks do by the critical difference (Nemenyi, 5 %).",
    )


def wins_table(comparison: Comparison) -> Table:
    """Make the table of the number of targets on which each group is the best."""
    rows = []
    for result in comparison.by_measure:
        best = (result.wins == result.wins.max()) & (np.ptp(result.wins) > 0)
        cells = [Cell(str(n), bool(b)) for n, b in zip(result.wins, best, strict=True)]
        rows.append((_name(result.measure), Cell(str(len(result.measure.targets))), *cells))
    return Table(
        "Wins by target",
        ("measure", "targets", *comparison.design.groups),
        1,
        tuple(rows),
        "Targets on which a group has the best median over seeds; ties count for all.",
    )


def budgets_table(comparison: Comparison, axis: Axis) -> Table:
    """Make the table of medians at equal renders or equal seconds."""
    chosen = _drawn(comparison, axis)
    points = chosen[0].points
    unit = "" if axis == "renders" else " s"
    rows = [
        (
            Cell(curve_title(curve.name)),
            Cell(group),
            *(Cell(number(median)) for median in medians),
        )
        for curve in chosen
        for group, medians in zip(comparison.design.groups, curve.medians, strict=True)
    ]
    digits = ",.0f" if axis == "renders" else ",.1f"
    return Table(
        f"At equal {axis}",
        ("best so far", "group", *(f"{format(point, digits)}{unit}" for point in points)),
        2,
        tuple(rows),
        f"Medians over targets after these {axis}; the last ones are those of the shortest search.",
    )


def target_table(comparison: Comparison, result: MeasureResult) -> Table:
    """Make the table of single targets by one measure."""
    measure = result.measure
    rows = []
    for place, target in enumerate(measure.targets):
        losses = measure.losses[:, place]
        best = (losses == losses.min()) & (np.ptp(losses) > 0)
        cells = [
            Cell(number(value), bool(b))
            for value, b in zip(measure.values[:, place], best, strict=True)
        ]
        rows.append((Cell(comparison.design.targets[target]), *cells))
    return Table(
        f"Targets, by {title(measure.name)}",
        ("target", *comparison.design.groups),
        1,
        tuple(rows),
        "Medians over seeds.",
    )


def _ratings_table(comparison: Comparison, ratings: Ratings) -> Table:
    means = ratings.means
    rows = []
    for name, middles, intervals in (
        ("mean", means.mean(axis=1), mean_intervals(means)),
        ("median", np.median(means, axis=1), median_intervals(means)),
    ):
        judged = middles[: len(comparison.design.groups)]
        best = (middles == judged.max()) & (np.ptp(judged) > 0)
        best[len(judged) :] = False
        cells = [
            Cell(f"{middle:.1f}", bool(b), _interval(bounds))
            for middle, b, bounds in zip(middles, best, intervals, strict=True)
        ]
        rows.append((Cell(name), *cells))
    many = len(ratings.listeners)
    return Table(
        "Ratings by listeners",
        ("over targets", *comparison.design.groups, *CONTROLS),
        1,
        tuple(rows),
        f"0 (bad) to 100 (excellent, like the reference) for {len(ratings.targets)} "
        f"target{'s' * (len(ratings.targets) > 1)} by {many} listener{'s' * (many > 1)}, in a test "
        "according to ITU-R BS.1534-3. Each target is represented by the mean over listeners; "
        "intervals are 95 % bootstrap intervals over targets. Tests over targets are listed with "
        "those of the other measures.",
    )


def _listeners_table(comparison: Comparison) -> Table:
    groups = comparison.design.groups
    return Table(
        "Pairs, over listeners",
        ("first", "second", *_PAIR),
        2,
        tuple(tuple(_pair_cells(pair, groups)) for pair in comparison.over_listeners),
        "Differences are the first group minus the second, by each listener's mean over targets: "
        "would other listeners rate these targets alike? A12 is the probability that a rating of "
        "the first is higher than one of the second on the same target. p values as in the other "
        f"tests. {NONE}: no test, as there are fewer than {FEWEST} listeners.",
    )


def probability(p: float) -> str:
    """Write a p value."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _pair_cells(pair: Pair, groups: tuple[str, ...]) -> list[Cell]:
    difference = "0" if pair.difference == 0 else f"{pair.difference:+.4g}"
    significant = pair.corrected is not None and pair.corrected < LEVEL
    return [
        Cell(groups[pair.first]),
        Cell(groups[pair.second]),
        Cell(difference),
        Cell(f"{pair.better} / {pair.equal} / {pair.worse}"),
        Cell(f"{pair.effect:.2f}"),
        Cell(NONE if pair.p is None else probability(pair.p)),
        Cell(NONE if pair.corrected is None else probability(pair.corrected), significant),
    ]


def _nemenyi(pair: Pair, result: MeasureResult) -> list[Cell]:
    if result.ranks is None:
        return [Cell(NONE)]
    p = float(result.ranks.pairs[pair.first, pair.second])
    return [Cell(probability(p), p < LEVEL)]


def _drawn(comparison: Comparison, axis: Axis) -> list[Curve]:
    return [curve for curve in comparison.curves if curve.axis == axis and len(curve.points)]


def _name(measure: Measure) -> Cell:
    return Cell(title(measure.name, higher=measure.higher))


def _optimised(measure: Measure, groups: tuple[str, ...]) -> str:
    if all(measure.optimised):
        return "yes"
    return ", ".join(compress(groups, measure.optimised))


def _interval(bounds: NDArray[np.float64]) -> str:
    return "" if np.isnan(bounds).any() else f"[{bounds[0]:.3g}, {bounds[1]:.3g}]"
