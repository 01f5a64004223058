"""Convergence of searches at equal renders and at equal seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.measures import same_meaning, same_units
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.records.trace import TracePoint

Values = NDArray[np.float64]
Axis = Literal["renders", "seconds"]

AXES: tuple[Axis, ...] = ("renders", "seconds")
_POINTS = 200
_USUAL = (250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)
_SHARES = (0.25, 0.5, 1.0)  # of the time that all runs took at least


@dataclass(frozen=True, eq=False)
class Curve:
    """Convergence curve: quartiles over targets, or over seeds if there is only one target.

    Attributes:
        name: ``distance``, ``hypervolume``, or an objective, whose lowest score so far is shown.
        axis: Spent resource: renders or seconds.
        spent: Points of the axis up to the end of the shortest run, `[n]`.
        quartiles: Lower quartile, median and upper quartile, `[3, g, n]`.
        points: Budgets shown in a table, `[k]`.
        medians: Medians at these budgets, `[g, k]`.
    """

    name: str
    axis: Axis
    spent: Values
    quartiles: Values
    points: Values
    medians: Values


def curves(design: Design, at: Sequence[int] = ()) -> list[Curve]:
    """Compute the curves of all quantities that the groups share, over renders and over seconds.

    Args:
        design: Compared runs.
        at: Budgets of renders in the table; usual ones if empty.

    Raises:
        ExperimentError: If a run did not reach one of the budgets.
    """
    drawn = []
    for axis in AXES:
        steps = [[_column(run.history, attrgetter(axis)) for run in row] for row in design.runs]
        first = max(x[0] for row in steps for x in row)
        last = min(x[-1] for row in steps for x in row)
        if last < first:
            continue
        spent = np.linspace(first, last, _POINTS)
        points = _budgets(at, first, last) if axis == "renders" else _times(first, last)
        for name, read in _quantities(design).items():
            values = [
                [
                    _step(x, _column(run.history, read), np.concatenate([spent, points]))
                    for x, run in zip(xs, row, strict=True)
                ]
                for xs, row in zip(steps, design.runs, strict=True)
            ]
            quartiles = _quartiles(np.array(values), design)
            drawn.append(
                Curve(
                    name,
                    axis,
                    spent,
                    quartiles[:, :, :_POINTS],
                    points,
                    quartiles[1, :, _POINTS:],
                )
            )
    return drawn


def _quantities(design: Design) -> dict[str, Callable[[TracePoint], float]]:
    quantities: dict[str, Callable[[TracePoint], float]] = {}
    if same_units(design):
        quantities |= {name: attrgetter(name) for name in ("distance", "hypervolume")}
    for name in design.runs[0][0].summary.objectives:
        shared = all(name in record.summary.objectives for record in design.records)
        if shared and name not in quantities and same_meaning(design, name):
            quantities[name] = _best(name)
    return quantities


def _best(name: str) -> Callable[[TracePoint], float]:
    return lambda state: state.best[name]


def _budgets(at: Sequence[int], first: float, last: float) -> Values:
    for budget in at:
        if not first <= budget <= last:
            raise ExperimentError(
                f"--at {budget} is not between {first:.0f} renders, where the searches began, and "
                f"{last:.0f}, which all of them reached: choose another budget."
            )
    usual = [budget for budget in _USUAL if first <= budget <= last]
    return np.unique(np.array([*(at or usual), last], float))


def _times(first: float, last: float) -> Values:
    times = last * np.array(_SHARES)
    return times[times >= first]


def _column(history: Sequence[TracePoint], read: Callable[[TracePoint], float]) -> Values:
    return np.array([read(state) for state in history], float)


def _step(x: Values, y: Values, at: Values) -> Values:
    """Sample a step function: the latest value of `y` `[n]`, set at `x` `[n]`, at each point."""
    return np.asarray(y[np.searchsorted(x, at, side="right") - 1])


def _quartiles(values: Values, design: Design) -> Values:
    """Return quartiles `[3, g, n]` over targets of the medians over seeds of values `[g, c, n]`."""
    places = np.array([place for place, _ in design.cells])
    if len(design.targets) > 1:
        medians = [
            np.median(values[:, places == place], axis=1) for place in range(len(design.targets))
        ]
        values = np.stack(medians, axis=1)
    return np.asarray(np.quantile(values, (0.25, 0.5, 0.75), axis=1))
