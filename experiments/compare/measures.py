"""What is compared of runs: distances, what the search minimised, errors of parameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.design import Design
from patchwright.experiments.config import ExperimentConfig, ObjectiveConfig
from patchwright.experiments.records.finished_run import FinishedRun
from patchwright.objectives.metrics import SIMILARITIES

Values = NDArray[np.float64]

IN_UNITS = ("distance", "match", "hypervolume")
"""Made of the objectives, in units of random presets."""
_HIGHER = SIMILARITIES | {"match", "hypervolume", "param_accuracy"}


@dataclass(frozen=True, eq=False)
class Measure:
    """One figure of all runs.

    Attributes:
        name: Such as ``mrstft``.
        higher: Whether higher is closer.
        optimised: Whether the searches of each group minimised it, `g` of them.
        cells: Figures of the runs, `[g, c]`; NaN where there is none.
        values: The median over seeds, `[g, t]`, for the targets it was measured on.
        targets: Places of those targets, `t` of them.
    """

    name: str
    higher: bool
    optimised: tuple[bool, ...]
    cells: Values
    values: Values
    targets: tuple[int, ...]

    @property
    def losses(self) -> Values:
        """`values`, turned so that less is better."""
        return -self.values if self.higher else self.values


def same_units(design: Design) -> bool:
    """Whether random presets, the unit of scores, are the same for all groups."""
    return all(
        first.summary.objectives.keys() == run.summary.objectives.keys()
        and all(
            np.isclose(
                first.summary.random.get(name, np.nan),
                run.summary.random.get(name, np.nan),
                rtol=1e-5,
                equal_nan=True,  # no random preset was heard
            )
            for name in first.summary.objectives
        )
        for row in design.runs[1:]
        for first, run in zip(design.runs[0], row, strict=True)
    )


def measure_all(design: Design) -> list[Measure]:
    """All that can be compared: first what the search is judged by, last the parameters.

    Seeds are repetitions of one trial, so their median stands for a target: were they counted as
    trials of their own, tests would find differences in chance (pseudo-replication). A cell that
    one group has no figure of is left out for all.
    """
    figures = {id(record): _figures(record) for record in design.records}
    names = dict.fromkeys(name for found in figures.values() for name in found)
    left_out = () if same_units(design) else IN_UNITS
    found = []
    for name in names:
        if name in left_out or not same_meaning(design, name):
            continue
        cells = np.array(
            [[figures[id(record)].get(name, np.nan) for record in row] for row in design.runs]
        )
        values, targets = _over_seeds(cells, design)
        if targets:
            higher = name in _HIGHER
            optimised = tuple(_is_optimised(row[0].config, name) for row in design.runs)
            found.append(Measure(name, higher, optimised, cells, values, targets))
    return found


def same_meaning(design: Design, name: str) -> bool:
    """Whether a figure of this name is the same distance in all runs.

    An objective may be one of a part of the sound, or have the label of another.
    """
    return len({_meaning(record.config, name) for record in design.records}) == 1


def _figures(record: FinishedRun) -> dict[str, float]:
    summary, end = record.summary, record.history[-1]
    judged: dict[str, float] = {
        "distance": end.distance,
        "match": summary.match,
        "hypervolume": end.hypervolume,
    }
    # metrics come after objectives, as they hold similarities where the field gives these
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
