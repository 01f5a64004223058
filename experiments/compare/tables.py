"""A comparison as tables of texts, which the terminal, Markdown, LaTeX and HTML all show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.comparison import Comparison, Pair, Result
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
"""What listeners hear beside the groups."""
_PAIR = ("median difference", "better / equal / worse", "A12", "p", "p, Holm")
_TITLES = {"distance": "distance to the ideal point"}


@dataclass(frozen=True)
class Cell:
    """A text, whether it is the best of its row, and a remark to it."""

    text: str
    best: bool = False
    remark: str = ""

    @property
    def whole(self) -> str:
        """The text with its remark."""
        return f"{self.text} {self.remark}" if self.remark else self.text


@dataclass(frozen=True)
class Table:
    """Texts in rows.

    Attributes:
        title: Of the whole.
        header: Of the columns.
        names: How many of the columns hold names, not numbers.
        rows: Cells.
        note: How to read it.
    """

    title: str
    header: tuple[str, ...]
    names: int
    rows: tuple[tuple[Cell, ...], ...]
    note: str


def tables(comparison: Comparison, tested: Sequence[Result] | None = None) -> list[Table]:
    """All tables but those of single targets.

    Args:
        comparison: What they show.
        tested: Measures whose pairs are listed; all if None.
    """
    ranks = [ranks_table(comparison)] if any(r.ranks for r in comparison.results) else []
    return [
        *listening_tables(comparison),
        medians_table(comparison),
        tests_table(comparison, comparison.results if tested is None else tested),
        *ranks,
        wins_table(comparison),
        *(budgets_table(comparison, axis) for axis in AXES if _drawn(comparison, axis)),
    ]


def title(name: str, *, higher: bool = False) -> str:
    """What to call a measure."""
    return _TITLES.get(name, name) + (" (higher is closer)" if higher else "")


def curve_title(name: str) -> str:
    """What to call that which is followed while a search goes on."""
    if name in SIMILARITIES:
        return f"1 less {name}"  # as searches minimise it
    return title(name, higher=name == "hypervolume")


def listening_tables(comparison: Comparison) -> list[Table]:
    """What listeners said; none if nobody was asked."""
    if comparison.ratings is None:
        return []
    return [_ratings_table(comparison, comparison.ratings), _listeners_table(comparison)]


def medians_table(comparison: Comparison) -> Table:
    """Medians over targets, with their intervals."""
    groups = comparison.design.groups
    rows = []
    for result in comparison.results:
        figures = [
            Cell(number(median), bool(best), _interval(bounds))
            for median, bounds, best in zip(
                result.medians, result.intervals, result.best, strict=True
            )
        ]
        n = str(len(result.measure.targets))
        optimised = _optimised(result.measure, groups)
        rows.append((_name(result.measure), Cell(optimised), Cell(n), *figures))
    return Table(
        "Medians over targets",
        ("measure", "optimised", "targets", *groups),
        2,
        tuple(rows),
        "The median over targets of the median over seeds, with its 95 % bootstrap interval if "
        "there are at least three targets.",
    )


def tests_table(comparison: Comparison, results: Sequence[Result]) -> Table:
    """Pairs of groups."""
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
        "The first less the second, by targets. A12 is how often a run of the first is better than "
        "one of the second on the same target (0.5: no effect). p is of the two-sided Wilcoxon "
        "signed-rank test over targets, then corrected by Holm for the pairs of one measure"
        + (", or of Nemenyi's test of mean ranks. " if ranked else ". ")
        + f"{NONE}: with fewer than {FEWEST} targets no such test can reach {LEVEL:.0%}.",
    )


def ranks_table(comparison: Comparison) -> Table:
    """Mean ranks of three or more groups."""
    rows = []
    for result in comparison.results:
        if result.ranks is None:
            rows.append((_name(result.measure), *[Cell(NONE)] * (len(result.medians) + 3)))
            continue
        found = result.ranks
        least = (found.ranks == found.ranks.min()) & (np.ptp(found.ranks) > 0)
        rows.append(
            (
                _name(result.measure),
                *(Cell(f"{r:.2f}", bool(b)) for r, b in zip(found.ranks, least, strict=True)),
                Cell(number(found.statistic)),
                Cell(probability(found.p)),
                Cell(f"{found.critical:.2f}"),
            )
        )
    return Table(
        "Mean ranks",
        ("measure", *comparison.design.groups, "chi-squared", "p", "critical difference"),
        1,
        tuple(rows),
        "1 is the best on every target. p is of Friedman's test. Where it is significant, groups "
        "differ whose ranks are the critical difference apart (Nemenyi, 5 %).",
    )


def wins_table(comparison: Comparison) -> Table:
    """On how many targets each group is the best."""
    rows = []
    for result in comparison.results:
        best = (result.wins == result.wins.max()) & (np.ptp(result.wins) > 0)
        cells = [Cell(str(n), bool(b)) for n, b in zip(result.wins, best, strict=True)]
        rows.append((_name(result.measure), Cell(str(len(result.measure.targets))), *cells))
    return Table(
        "Wins by target",
        ("measure", "targets", *comparison.design.groups),
        1,
        tuple(rows),
        "Targets on which a group has the best median over seeds; equal ones all count.",
    )


def budgets_table(comparison: Comparison, axis: Axis) -> Table:
    """What was reached after equal renders, or equal seconds."""
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
        f"Medians over targets, after so many {axis}; the last is where the first search ended.",
    )


def target_table(comparison: Comparison, result: Result) -> Table:
    """Single targets, by one measure."""
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
        f"0 (bad) to 100 (excellent, as the reference), of {len(ratings.targets)} "
        f"target{'s' * (len(ratings.targets) > 1)} by {many} listener{'s' * (many > 1)}, in a test "
        "after ITU-R BS.1534-3. The mean over listeners stands for a target; intervals are of the "
        "95 % bootstrap over targets. Pairs over targets stand among the tests of the other "
        "measures.",
    )


def _listeners_table(comparison: Comparison) -> Table:
    groups = comparison.design.groups
    return Table(
        "Pairs, over listeners",
        ("first", "second", *_PAIR),
        2,
        tuple(tuple(_pair_cells(pair, groups)) for pair in comparison.over_listeners),
        "The first less the second, by each listener's mean over targets: would other listeners "
        "say the same of these targets? A12 is how often a rating of the first is higher than "
        "one of the second on the same target. p as among the other tests. "
        f"{NONE}: fewer than {FEWEST} listeners.",
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


def _nemenyi(pair: Pair, result: Result) -> list[Cell]:
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
    return ", ".join(name for name, it_is in zip(groups, measure.optimised, strict=True) if it_is)


def _interval(bounds: NDArray[np.float64]) -> str:
    return "" if np.isnan(bounds).any() else f"[{bounds[0]:.3g}, {bounds[1]:.3g}]"
