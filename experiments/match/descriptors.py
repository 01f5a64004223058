"""The descriptors of a run: which are measured, within which bounds, and where presets differ."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.objectives.descriptors import DESCRIPTORS
from patchwright.search import Descriptor, Descriptors, Optimizer

USUAL_DESCRIPTORS = ("brightness", "attack")
"""What presets differ in where a method asks for descriptors and the config names none."""


def searched_descriptors(config: ExperimentConfig, method: type[Optimizer]) -> Descriptors:
    """Put together what a run has to measure besides distances.

    The range of a descriptor ends where its constraint does.

    Args:
        config: Of the run.
        method: Class of its optimizer.

    Returns:
        First the descriptors that presets are to differ in, then the others with a constraint.
    """
    diverse = config.search.descriptors or (USUAL_DESCRIPTORS if method.descriptors else ())
    columns = []
    for name in dict.fromkeys([*diverse, *config.constraints]):
        measured = DESCRIPTORS[name]
        least, greatest = config.constraints.get(name, (None, None))
        column = Descriptor(
            name=name,
            unit=measured.unit,
            low=measured.low,
            high=measured.high,
            logarithmic=measured.logarithmic,
            least=-np.inf if least is None else least,
            greatest=np.inf if greatest is None else greatest,
            diverse=name in diverse,
        )
        low, high = max(column.low, column.least), min(column.high, column.greatest)
        columns.append(replace(column, low=low, high=high) if low < high else column)
    return Descriptors(tuple(columns))


def described_answer(
    descriptors: Descriptors, values: Mapping[str, float]
) -> dict[str, dict[str, object]]:
    """What a summary says of them.

    Args:
        descriptors: Of the run.
        values: Of the answer.
    """
    return {
        column.name: {
            "value": values[column.name],
            "unit": column.unit,
            "constraint": column.bounds() if column.constrained else None,
            "diverse": column.diverse,
        }
        for column in descriptors.columns
    }
