"""Measures by which runs are compared: scores of the search, metrics, parameter errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.design import Design
from patchwright.experiments.config import ExperimentConfig, ObjectiveConfig
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.objectives.metrics import SIMILARITIES

Values = NDArray[np.float64]

IN_UNITS = ("distance", "match", "hypervolume")
"""Measures computed from the objectives, in units of random presets."""
_HIGHER = SIMILARITIES | {"match", "hypervolume", "param_accuracy"}


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure of all runs.

    Attributes:
        name: Name of the measure, such as ``mrstft``.
        higher: Whether higher is closer.
        optimised: Whether the searches of each group minimised it, `g` of them.
        cells: Values of the runs, `[g, c]`; NaN where a run has none.
        values: Medians over seeds, `[g, t]`, of the targets that all groups have values for.
        targets: Indices of these targets in the design, `t` of them.
    """

    name: str
    higher: bool
    optimised: tuple[bool, ...]
    cells: Values
    values: Values
    targets: tuple[int, ...]

    @property
    def losses(self) -> Values:
        """Values with the sign that makes lower better, `[g, t]`."""
        return -self.values if self.higher else self.values


def same_units(design: Design) -> bool:
    """Return whether the random presets, the unit of scores, are the same for all groups."""
    return all(
        first.summary.objectives.keys() == run.summary.objectives.keys()
        and all(
            np.isclose(
                first.summary.random.get(name, np.nan),
                run.summary.random.get(name, np.nan),
                rtol=1e-5,
                equal_nan=True,  # no random preset was audible
            )
            for name in first.summary.objectives
        )
        for row in design.runs[1:]
        for first, run in zip(design.runs[0], row, strict=True)
    )


def measure_all(design: Design) -> list[Measure]:
    """Return all measures that the groups share: scores of the search first, parameters last.

    Seeds repeat one trial, so their median represents a target: counting them as trials would
    find differences in chance (pseudo-replication). A cell without a value in one group is left
    out for all.
    """
    by_run = {id(record): _run_values(record) for record in design.records}
    names = dict.fromkeys(name for values in by_run.values() for name in values)
    left_out = () if same_units(design) else IN_UNITS
    measures = []
    for name in names:
        if name in left_out or not same_meaning(design, name):
            continue
        cells = np.array(
            [[by_run[id(record)].get(name, np.nan) for record in row] for row in design.runs]
        )
        values, targets = _over_seeds(cells, design)
        if targets:
            higher = name in _HIGHER
            optimised = tuple(_is_optimised(row[0].config, name) for row in design.runs)
            measures.append(Measure(name, higher, optimised, cells, values, targets))
    return measures


def same_meaning(design: Design, name: str) -> bool:
    """Return whether a measure of this name is the same distance in all runs.

    An objective may compare a part of the sound, or carry the name of another as its label.
    """
    return len({_meaning(record.config, name) for record in design.records}) == 1


def _run_values(record: FinishedRun) -> dict[str, float]:
    summary, end = record.summary, record.history[-1]
    judged: dict[str, float] = {
        "distance": end.distance,
        "match": summary.match,
        "hypervolume": end.hypervolume,
    }
    # metrics override objectives: they hold similarities where the literature reports these
    others: dict[str, float] = summary.objectives | summary.metrics
    return judged | others | summary.numbers.present() | judged


def _over_seeds(cells: Values, design: Design) -> tuple[Values, tuple[int, ...]]:
    places = np.array([place for place, _ in design.cells])
    measured = np.isfinite(cells).all(axis=0)
    targets = tuple(np.unique(places[measured]).tolist())
    medians = [np.median(cells[:, measured & (places == place)], axis=1) for place in targets]
    return np.array(medians).reshape(len(targets), len(cells)).T, targets


def _is_optimised(config: ExperimentConfig, name: str) -> bool:
    return name in IN_UNITS or name in (objective.title for objective in config.objectives)


def _meaning(config: ExperimentConfig, name: str) -> str:
    chosen = next((o for o in config.objectives if o.title == name), ObjectiveConfig(name=name))
    return str((chosen.name, sorted(chosen.options.items()), chosen.view))
