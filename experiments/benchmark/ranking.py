"""Ranks of methods over tasks, by measures that none of them minimised."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from patchwright.experiments.benchmark.tasks import Benchmark
from patchwright.experiments.benchmark.verify import Answer, Results
from patchwright.experiments.compare.statistics import mean_intervals, signed_rank
from patchwright.experiments.errors import ExperimentError

Values = NDArray[np.float64]

PLAINEST = "plainest"
"""Measure besides the judges: the plainest difference that one hears, in just noticeable ones."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Methods on the tasks that were verified.

    Attributes:
        methods: Names of the methods, the best first.
        tasks: Names of the tasks.
        measures: Names of the measures that no method minimised, which rank.
        others: Names of the other judges.
        losses: Medians over seeds, in units of the median random preset but for `PLAINEST`,
            `[methods, measures + others, tasks]`; infinite where an answer is missing.
        ranks: Mean ranks over the measures by task, 1 is best, `[methods, tasks]`.
        intervals: 95 % intervals of the mean ranks over tasks, `[methods, 2]`.
        p: p of the signed-rank test of each method's ranks against the first's, over tasks; None
            for the first, and with too few tasks.
    """

    methods: tuple[str, ...]
    tasks: tuple[str, ...]
    measures: tuple[str, ...]
    others: tuple[str, ...]
    losses: Values
    ranks: Values
    intervals: Values
    p: tuple[float | None, ...]


def rank(results: Sequence[Results], benchmark: Benchmark) -> Ranking:
    """Rank the submissions of one form.

    Args:
        results: Results of different methods.
        benchmark: Benchmark.

    Raises:
        ExperimentError: If two methods have one name, the forms differ, or no task was verified.
    """
    names = [each.method.name for each in results]
    if len(set(names)) < len(names):
        raise ExperimentError("Two submissions have one name: rename one in its method.yaml.")
    kinds = {(each.method.benchmark, each.method.form) for each in results}
    if len(kinds) > 1:
        raise ExperimentError("The results are of several versions or forms: show those of one.")
    left_out = {task for each in results for task in each.left_out}
    claimed = {answer.task for each in results for answer in each.answers}
    tasks = tuple(sorted(claimed - left_out))
    if not tasks:
        raise ExperimentError("No task was verified: install its synth, or give more results.")
    judges, seeds = benchmark.judges, len(benchmark.form(results[0].method.form).seeds)
    optimised = {judge for each in results for judge in each.method.optimised}
    measures = (PLAINEST, *(judge for judge in judges if judge not in optimised))
    others = tuple(judge for judge in judges if judge in optimised)
    losses = np.array(
        [
            [
                [_loss(each, task, measure, seeds) for task in tasks]
                for measure in (*measures, *others)
            ]
            for each in results
        ]
    )
    ranks = scipy.stats.rankdata(losses[:, : len(measures)], axis=0).mean(axis=1)
    order = np.argsort(ranks.mean(axis=1), kind="stable")
    ranks = ranks[order]
    return Ranking(
        methods=tuple(names[place] for place in order),
        tasks=tasks,
        measures=measures,
        others=others,
        losses=losses[order],
        ranks=ranks,
        intervals=mean_intervals(ranks),
        p=(None, *(signed_rank(ranks[0], other) for other in ranks[1:])),
    )


def _loss(results: Results, task: str, measure: str, seeds: int) -> float:
    """Return the median over seeds; a missing answer counts as infinitely far."""
    values = [_value(answer, measure) for answer in results.answers if answer.task == task]
    return float(np.median([*values, *[np.inf] * (seeds - len(values))]))


def _value(answer: Answer, measure: str) -> float:
    if measure == PLAINEST:
        return answer.plainest
    if measure not in answer.distances:
        return np.inf
    return answer.distances[measure] / (answer.random.get(measure) or 1.0)
