"""What listeners say of groups of runs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patchwright.experiments.compare.design import Design
from patchwright.experiments.compare.listening.answers import (
    ANCHOR,
    REFERENCE,
    Listening,
    Trial,
    run_digest,
)
from patchwright.experiments.compare.measures import Measure
from patchwright.experiments.errors import ExperimentError

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings of 0 to 100 by listeners who count.

    Attributes:
        listeners: Their names, `l` of them.
        excluded: Who does not count, and in how many trials each missed the hidden reference.
        targets: Places of the rated targets in the design, `t` of them.
        columns: Of the design, the cell of each target that was played.
        groups: `[g, t, l]`.
        reference: Of the hidden reference, `[t, l]`.
        anchor: Of the low anchor, `[t, l]`.
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
        """Over listeners, `[g + 2, t]`: of the groups, the hidden reference and the anchor."""
        every = np.concatenate([self.groups, [self.reference, self.anchor]])
        return np.asarray(every.mean(axis=2))

    def measure(self, design: Design) -> Measure:
        """The mean over listeners, as one figure of the runs that they heard."""
        cells = np.full((len(design.groups), len(design.cells)), np.nan)
        values = self.groups.mean(axis=2)
        cells[:, self.columns] = values
        optimised = (False,) * len(design.groups)
        return Measure("rating", True, optimised, cells, values, self.targets)


def ratings_of(listening: Listening, design: Design) -> Ratings:
    """Find the runs that listeners heard.

    Raises:
        ExperimentError: If the runs that are compared are not those that were heard.
    """
    places = {
        run_digest(run.folder): (group, column)
        for group, row in enumerate(design.runs)
        for column, run in enumerate(row)
    }
    rated = np.array([answers.ratings for answers in listening.answers], float)  # [l, t, s]
    found: dict[int, tuple[Values, int, Values, Values]] = {}
    for number, trial in enumerate(listening.key.trials):
        order, column = _cells(trial, places, design)
        by_sound = dict(zip((s.sound for s in trial.stimuli), rated[:, number].T, strict=True))
        found[design.cells[column][0]] = (
            rated[:, number, order].T,
            column,
            by_sound[REFERENCE],
            by_sound[ANCHOR],
        )
    targets = sorted(found)
    groups, columns, reference, anchor = zip(*(found[target] for target in targets), strict=True)
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
    trial: Trial, places: dict[str, tuple[int, int]], design: Design
) -> tuple[list[int], int]:
    """Where in a trial each group's answer is played, and which column of the design it is."""
    heard: dict[int, int] = {}
    columns = set()
    for place, stimulus in enumerate(trial.stimuli):
        if stimulus.sound in (REFERENCE, ANCHOR):
            continue
        if stimulus.run not in places:
            raise ExperimentError(
                f"Listeners heard {stimulus.folder}, which is not among the runs that are "
                "compared, or was run again since: name the same runs as for 'patchwright listen'."
            )
        group, column = places[stimulus.run]
        heard[group] = place
        columns.add(column)
    if len(heard) != len(design.groups) or len(columns) != 1:
        raise ExperimentError(
            f"Listeners did not hear one run of each group for {trial.target}: name the same runs "
            "and the same --by as for 'patchwright listen'."
        )
    return [heard[group] for group in range(len(design.groups))], columns.pop()
