"""How far searches had come at equal renders, and at equal seconds."""

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
_SHARES = (0.25, 0.5, 1.0)  # of the time that all runs had


@dataclass(frozen=True, eq=False)
class Curve:
    """One figure while the searches went on: its quartiles over targets.

    With one target alone they are over its seeds.

    Attributes:
        name: ``distance``, ``hypervolume``, or the objective whose least score so far it is.
        axis: What was spent.
        spent: Where the curve is known, `[n]`: while no run had ended.
        quartiles: `[3, g, n]`.
        points: Budgets that a table is made of, `[k]`.
        medians: There, `[g, k]`.
    """

    name: str
    axis: Axis
    spent: Values
    quartiles: Values
    points: Values
    medians: Values


def curves(design: Design, at: Sequence[int] = ()) -> list[Curve]:
    """Draw what the groups can be compared by: all of it against renders, and against seconds.

    Args:
        design: The runs.
        at: Budgets of renders to look at; usual ones if there are none.

    Raises:
        ExperimentError: If not all runs reached one of the budgets.
    """
    found = []
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
            found.append(
                Curve(
                    name,
                    axis,
                    spent,
                    quartiles[:, :, :_POINTS],
                    points,
                    quartiles[1, :, _POINTS:],
                )
            )
    return found


def _quantities(design: Design) -> dict[str, Callable[[TracePoint], float]]:
    found: dict[str, Callable[[TracePoint], float]] = {}
    if same_units(design):
        found |= {name: attrgetter(name) for name in ("distance", "hypervolume")}
    for name in design.runs[0][0].summary.objectives:
        shared = all(name in record.summary.objectives for record in design.records)
        if shared and name not in found and same_meaning(design, name):
            found[name] = _best(name)
    return found


def _best(name: str) -> Callable[[TracePoint], float]:
    return lambda state: state.best[name]


def _budgets(at: Sequence[int], first: float, last: float) -> Values:
    for budget in at:
        if not first <= budget <= last:
            raise ExperimentError(
                f"--at {budget} is not between {first:.0f} renders, where the searches began, and "
                f"{last:.0f}, which all of them reached: name another budget."
            )
    usual = [budget for budget in _USUAL if first <= budget <= last]
    return np.unique(np.array([*(at or usual), last], float))


def _times(first: float, last: float) -> Values:
    times = last * np.array(_SHARES)
    return times[times >= first]


def _column(history: Sequence[TracePoint], read: Callable[[TracePoint], float]) -> Values:
    return np.array([read(state) for state in history], float)


def _step(x: Values, y: Values, at: Values) -> Values:
    """What `y` `[n]` was, changing at `x` `[n]`, `at` later points: its latest value."""
    return np.asarray(y[np.searchsorted(x, at, side="right") - 1])


def _quartiles(values: Values, design: Design) -> Values:
    """Quartiles `[3, g, n]` of the runs' values `[g, c, n]`: over targets, of medians of seeds."""
    places = np.array([place for place, _ in design.cells])
    if len(design.targets) > 1:
        medians = [
            np.median(values[:, places == place], axis=1) for place in range(len(design.targets))
        ]
        values = np.stack(medians, axis=1)
    return np.asarray(np.quantile(values, (0.25, 0.5, 0.75), axis=1))
