"""All that a comparison finds."""

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
    """Two groups, by one measure over targets, or by their ratings over listeners.

    Attributes:
        first: Place of a group.
        second: Place of the other.
        difference: Median over targets of the first's value less the second's.
        better: Targets on which the first is better.
        equal: Targets on which they are equal.
        worse: Targets on which the second is better.
        effect: How often a run of the first is better than one of the second on the same target:
            A12 over the seeds of each target, averaged over targets.
        p: Of the signed-rank test over targets; None if they are too few.
        corrected: The same, Holm-corrected for the number of pairs.
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
class Result:
    """What one measure says of the groups.

    Attributes:
        measure: The measure.
        medians: Over targets, `[g]`.
        intervals: Of the medians, 95 %, `[g, 2]`; NaN with less than three targets.
        wins: On how many targets each group is the best, `[g]`; equal ones all win.
        pairs: All pairs of groups.
        ranks: None if there are two groups, or too few targets.
    """

    measure: Measure
    medians: Values
    intervals: Values
    wins: NDArray[np.int64]
    pairs: tuple[Pair, ...]
    ranks: RankTest | None

    @property
    def best(self) -> NDArray[np.bool_]:
        """Which groups have the best median, `[g]`; none if all are equal."""
        turned = -self.medians if self.measure.higher else self.medians
        return np.asarray((turned == turned.min()) & (np.ptp(turned) > 0))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Groups of runs beside each other.

    Attributes:
        design: Which runs.
        results: By each measure; the first is what the search is judged by, if it is comparable.
        curves: How the searches went.
        remarks: What has to be known before trusting it.
        ratings: By listeners, if some were asked; their means are the last of the results.
        over_listeners: All pairs of groups by the mean ratings of each listener.
    """

    design: Design
    results: tuple[Result, ...]
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
        records: The runs.
        by: Dotted key of the config that tells groups apart; the method and its options if None.
        common: Leave out what not all groups have, rather than refuse it.
        at: Budgets of renders to look at.
        listening: What listeners answered who heard these runs.

    Raises:
        ExperimentError: If they cannot be compared; the message names the first reason and the
            mend.
    """
    design = arrange(records, by=by, common=common)
    remarks = list(design.remarks)
    if not same_units(design):
        remarks.append(
            "The distance to the ideal point, the match and the hypervolume are left out: they are "
            "in units of random presets, and these differ between the groups."
        )
    unverified = [str(r.folder) for r in design.records if r.summary.verified is False]
    if unverified:
        remarks.append(
            "Rendered again, the answers of these runs did not give the scores that the searches "
            f"saw: {', '.join(unverified)}."
        )
    drawn = curves(design, at)
    for axis in AXES:
        if drawn and not any(curve.axis == axis for curve in drawn):
            remarks.append(
                f"They are not compared at equal {axis}: one search had ended before another had "
                "begun."
            )
    measures = measure_all(design)
    if listening is None:
        results = tuple(_result(measure, design) for measure in measures)
        return Comparison(design, results, tuple(drawn), tuple(remarks))
    ratings = ratings_of(listening, design)
    remarks += [
        f"{name} is left out of the listeners, as ITU-R BS.1534-3 has it: the hidden reference was "
        f"rated below 90 in {missed} of {len(listening.key.trials)} trials."
        for name, missed in ratings.excluded
    ]
    measures.append(ratings.measure(design))
    results = tuple(_result(measure, design) for measure in measures)
    return Comparison(
        design, results, tuple(drawn), tuple(remarks), ratings, _over_listeners(ratings)
    )


def _result(measure: Measure, design: Design) -> Result:
    losses = measure.losses
    return Result(
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
    """Losses of the runs of each target, `[g, seeds]`."""
    cells = -measure.cells if measure.higher else measure.cells
    measured = np.isfinite(cells).all(axis=0)
    places = np.array([place for place, _ in design.cells])
    return [cells[:, measured & (places == target)] for target in measure.targets]


def _pairs(values: Values, losses: Values, blocks: Sequence[Values]) -> tuple[Pair, ...]:
    """Compare all pairs of groups.

    Args:
        values: `[g, n]`.
        losses: The same, turned so that less is better.
        blocks: Losses on one target each, `[g, k]`, of which effects are.
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
    if not len(tested):  # all or none are, as all have the same number
        return tuple(pairs)
    return tuple(
        replace(pair, corrected=float(p)) for pair, p in zip(pairs, holm(tested), strict=True)
    )
