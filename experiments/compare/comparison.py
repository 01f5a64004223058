"""Comparison of groups of runs by every measure that they share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.convergence import AXES, Curve, curves
from patchwright.experiments.compare.design import Design, arrange
from patchwright.experiments.compare.listening.answers import Listening
from patchwright.experiments.compare.listening.ratings import Ratings, ratings_of
from patchwright.experiments.compare.measures import Measure, measure_all, same_units
from patchwright.experiments.compare.statistics import (
    RankTest,
    holm,
    median_intervals,
    rank_groups,
    signed_rank,
    superiority,
)
from patchwright.experiments.records.finished_run import FinishedRun

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Comparison of two groups, by one measure over targets or by ratings over listeners.

    Attributes:
        first: Index of the first group.
        second: Index of the second group.
        difference: Median over targets of the first group's value minus the second's.
        better: Number of targets on which the first group is better.
        equal: Number of targets on which both are equal.
        worse: Number of targets on which the second group is better.
        effect: A12, the probability that a run of the first group beats one of the second on the
            same target: computed over the seeds of each target, averaged over targets.
        p: p value of the signed-rank test over targets; None with too few targets.
        corrected: p value after Holm's correction for the number of pairs.
    """

    first: int
    second: int
    difference: float
    better: int
    equal: int
    worse: int
    effect: float
    p: float | None
    corrected: float | None = None


@dataclass(frozen=True, eq=False)
class MeasureResult:
    """Comparison of the groups by one measure.

    Attributes:
        measure: Measure and its values.
        medians: Median over targets of each group, `[g]`.
        intervals: 95 % intervals of the medians, `[g, 2]`; NaN with fewer than three targets.
        wins: Number of targets on which each group is the best, `[g]`; ties count for all.
        pairs: Comparisons of all pairs of groups.
        ranks: Rank test; None with two groups, or with too few targets.
    """

    measure: Measure
    medians: Values
    intervals: Values
    wins: NDArray[np.int64]
    pairs: tuple[Pair, ...]
    ranks: RankTest | None

    @property
    def best(self) -> NDArray[np.bool_]:
        """Mask of the groups with the best median, `[g]`; all False if all are equal."""
        losses = -self.medians if self.measure.higher else self.medians
        return np.asarray((losses == losses.min()) & (np.ptp(losses) > 0))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Comparison of groups of runs.

    Attributes:
        design: Compared runs.
        by_measure: Result of each measure: first the distance to the ideal point, if the groups
            share its unit, and last the mean rating, if there are ratings.
        curves: Convergence curves.
        remarks: Sentences on what limits the comparison.
        ratings: Ratings by listeners; None without a listening test.
        over_listeners: Comparisons of all pairs of groups by the mean ratings of each listener.
    """

    design: Design
    by_measure: tuple[MeasureResult, ...]
    curves: tuple[Curve, ...]
    remarks: tuple[str, ...]
    ratings: Ratings | None = None
    over_listeners: tuple[Pair, ...] = ()


def compare_runs(
    records: Iterable[FinishedRun],
    *,
    by: str | None = None,
    common: bool = False,
    at: Sequence[int] = (),
    listening: Listening | None = None,
) -> Comparison:
    """Compare groups of finished runs.

    Args:
        records: Finished runs.
        by: Dotted config key that defines the groups; the method and its options if None.
        common: Whether to leave out targets and seeds that not all groups have, instead of
            raising an error.
        at: Budgets of renders in the convergence tables; usual ones if empty.
        listening: Answers of listeners who heard these runs.

    Raises:
        ExperimentError: If the runs cannot be compared; the message names the first reason.

    Examples:
        ::

            runs = [read_run(folder) for folder in find_runs([Path("runs/suite")])]
            comparison = compare_runs(runs, by="search.method", common=True)
            for result in comparison.by_measure:
                print(result.measure.name, dict(zip(comparison.design.groups, result.medians)))
    """
    design = arrange(records, by=by, common=common)
    remarks = list(design.remarks)
    if not same_units(design):
        remarks.append(
            "The distance to the ideal point, the match and the hypervolume are left out: their "
            "unit is the random preset, which differs between the groups."
        )
    unverified = [str(r.folder) for r in design.records if r.summary.verified is False]
    if unverified:
        remarks.append(
            "The answers of these runs, rendered again, did not reproduce the scores of the "
            f"search: {', '.join(unverified)}."
        )
    drawn = curves(design, at)
    for axis in AXES:
        if drawn and not any(curve.axis == axis for curve in drawn):
            remarks.append(
                f"The searches are not compared at equal {axis}: one ended before another began."
            )
    measures = measure_all(design)
    if listening is None:
        by_measure = tuple(_result(measure, design) for measure in measures)
        return Comparison(design, by_measure, tuple(drawn), tuple(remarks))
    ratings = ratings_of(listening, design)
    remarks += [
        f"Listener {name} is excluded according to ITU-R BS.1534-3: the hidden reference was "
        f"rated below 90 in {missed} of {len(listening.key.trials)} trials."
        for name, missed in ratings.excluded
    ]
    measures.append(ratings.measure(design))
    by_measure = tuple(_result(measure, design) for measure in measures)
    return Comparison(
        design, by_measure, tuple(drawn), tuple(remarks), ratings, _over_listeners(ratings)
    )


def _result(measure: Measure, design: Design) -> MeasureResult:
    losses = measure.losses
    return MeasureResult(
        measure=measure,
        medians=np.median(measure.values, axis=1),
        intervals=median_intervals(measure.values),
        wins=(losses == losses.min(axis=0)).sum(axis=1),
        pairs=_pairs(measure.values, losses, _blocks(measure, design)),
        ranks=rank_groups(losses),
    )


def _over_listeners(ratings: Ratings) -> tuple[Pair, ...]:
    values = ratings.groups.mean(axis=1)
    return _pairs(values, -values, list(-ratings.groups.transpose(1, 0, 2)))


def _blocks(measure: Measure, design: Design) -> list[Values]:
    """Return the losses of the runs of each target, `[g, seeds]`."""
    cells = -measure.cells if measure.higher else measure.cells
    measured = np.isfinite(cells).all(axis=0)
    places = np.array([place for place, _ in design.cells])
    return [cells[:, measured & (places == target)] for target in measure.targets]


def _pairs(values: Values, losses: Values, blocks: Sequence[Values]) -> tuple[Pair, ...]:
    """Compare all pairs of groups.

    Args:
        values: Values of the groups, `[g, n]`.
        losses: Values with the sign that makes lower better, `[g, n]`.
        blocks: Losses of the runs on each target, `[g, k]`, from which A12 is computed.
    """
    pairs = [
        Pair(
            first=first,
            second=second,
            difference=float(np.median(values[first] - values[second])),
            better=int((losses[first] < losses[second]).sum()),
            equal=int((losses[first] == losses[second]).sum()),
            worse=int((losses[first] > losses[second]).sum()),
            effect=float(np.mean([superiority(block[first], block[second]) for block in blocks])),
            p=signed_rank(losses[first], losses[second]),
        )
        for first, second in combinations(range(len(values)), 2)
    ]
    tested = np.array([pair.p for pair in pairs if pair.p is not None])
    if not len(tested):  # all pairs have equally many targets, so all are tested or none
        return tuple(pairs)
    return tuple(
        replace(pair, corrected=float(p)) for pair, p in zip(pairs, holm(tested), strict=True)
    )
