"""Ratings of groups of runs by listeners."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import (
    ANCHOR,
    REFERENCE,
    Listening,
    ListeningTrial,
    run_digest,
)
from patchwright.experiments.compare.measures import Measure
from patchwright.experiments.errors import ExperimentError

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings from 0 to 100 by the listeners who passed the screening.

    Attributes:
        listeners: Names of the listeners, `l` of them.
        excluded: Name of each excluded listener, and the number of trials in which they missed the
            hidden reference.
        targets: Indices of the rated targets in the design, `t` of them.
        columns: Column of the design that was played for each target.
        groups: Ratings of the groups' answers, `[g, t, l]`.
        reference: Ratings of the hidden reference, `[t, l]`.
        anchor: Ratings of the low anchor, `[t, l]`.
    """

    listeners: tuple[str, ...]
    excluded: tuple[tuple[str, int], ...]
    targets: tuple[int, ...]
    columns: tuple[int, ...]
    groups: Values
    reference: Values
    anchor: Values

    @property
    def means(self) -> Values:
        """Means over listeners for groups, hidden reference and anchor, `[g + 2, t]`."""
        every = np.concatenate([self.groups, [self.reference, self.anchor]])
        return np.asarray(every.mean(axis=2))

    def measure(self, design: Design) -> Measure:
        """Return the mean over listeners as a measure of the runs that they heard."""
        cells = np.full((len(design.groups), len(design.cells)), np.nan)
        values = self.groups.mean(axis=2)
        cells[:, self.columns] = values
        optimised = (False,) * len(design.groups)
        return Measure("rating", True, optimised, cells, values, self.targets)


def ratings_of(listening: Listening, design: Design) -> Ratings:
    """Assign ratings to the groups of a design.

    Raises:
        ExperimentError: If the compared runs are not those that listeners heard.
    """
    places = {
        run_digest(run.folder): (group, column)
        for group, row in enumerate(design.runs)
        for column, run in enumerate(row)
    }
    rated = np.array([answers.ratings for answers in listening.answers], float)  # [l, t, s]
    by_target: dict[int, tuple[Values, int, Values, Values]] = {}
    for number, trial in enumerate(listening.key.trials):
        order, column = _cells(trial, places, design)
        by_sound = dict(zip((s.sound for s in trial.stimuli), rated[:, number].T, strict=True))
        by_target[design.cells[column][0]] = (
            rated[:, number, order].T,
            column,
            by_sound[REFERENCE],
            by_sound[ANCHOR],
        )
    targets = sorted(by_target)
    rows = (by_target[target] for target in targets)
    groups, columns, reference, anchor = zip(*rows, strict=True)
    return Ratings(
        listeners=tuple(answers.listener for answers in listening.answers),
        excluded=listening.excluded,
        targets=tuple(targets),
        columns=tuple(columns),
        groups=np.stack(groups, axis=1),
        reference=np.stack(reference),
        anchor=np.stack(anchor),
    )


def _cells(
    trial: ListeningTrial, places: dict[str, tuple[int, int]], design: Design
) -> tuple[list[int], int]:
    """Return the position of each group's answer in a trial, and its column in the design."""
    heard: dict[int, int] = {}
    columns = set()
    for place, stimulus in enumerate(trial.stimuli):
        if stimulus.sound in (REFERENCE, ANCHOR):
            continue
        if stimulus.run not in places:
            raise ExperimentError(
                f"Listeners heard {stimulus.folder}, which is not among the compared runs or has "
                "been run again: give the same runs as to 'patchwright listen'."
            )
        group, column = places[stimulus.run]
        heard[group] = place
        columns.add(column)
    if len(heard) != len(design.groups) or len(columns) != 1:
        raise ExperimentError(
            f"Listeners did not hear one run of each group for {trial.target}: give the same runs "
            "and the same --by as to 'patchwright listen'."
        )
    return [heard[group] for group in range(len(design.groups))], columns.pop()
