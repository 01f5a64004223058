"""Descriptors of a run, with their bounds."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.records.summary import DescriptorFacts
from patchwright.objectives.descriptors import DESCRIPTORS
from patchwright.search import DescriptorAxis, DescriptorSpace, Optimizer

USUAL_DESCRIPTORS = ("brightness", "attack")
"""Descriptors in which presets differ if the method needs some and the config names none."""


def searched_descriptors(config: ExperimentConfig, method: type[Optimizer]) -> DescriptorSpace:
    """Choose the descriptors that a run measures in addition to distances.

    The range of a descriptor is cut to its constraint.

    Args:
        config: Config of the run.
        method: Class of the optimizer.

    Returns:
        Descriptors in which presets should differ, then the others that have a constraint.
    """
    diverse = config.search.descriptors or (USUAL_DESCRIPTORS if method.needs_descriptors else ())
    columns = []
    for name in dict.fromkeys([*diverse, *config.constraints]):
        measured = DESCRIPTORS[name]
        least, greatest = config.constraints.get(name, (None, None))
        column = DescriptorAxis(
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
    return DescriptorSpace(tuple(columns))


def described_answer(
    descriptors: DescriptorSpace, values: Mapping[str, float]
) -> dict[str, DescriptorFacts]:
    """Return the facts of the answer's descriptors for the summary, by name.

    Args:
        descriptors: Descriptors of the run.
        values: Values of the answer by name.
    """
    return {
        column.name: DescriptorFacts(
            value=values[column.name],
            unit=column.unit,
            constraint=column.bounds() if column.constrained else None,
            diverse=column.diverse,
        )
        for column in descriptors.columns
    }
