"""All metrics of a target at once, and what their distances mean beside random presets'."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.objectives.objective import Objective
from patchwright.objectives.objective_set import Lengths, ObjectiveSet
from patchwright.objectives.target import ObjectiveError, Target
from patchwright.objectives.view import WHOLE, View, Viewed

SIMILARITIES = frozenset({"rms_cosine"})
"""Metrics that are published as similarities: 1 is identical, and the distance is 1 less them."""


def metrics_of(
    target: Target,
    metrics: Mapping[str, type[Objective]],
    *,
    view: View = WHOLE,
    lengths: Lengths = "equal",
) -> ObjectiveSet:
    """Prepare all metrics that can measure a target.

    A target may be too short for some, or without pitch; some need a package that is not there.

    Args:
        target: The sound.
        metrics: From names to classes, such as `OBJECTIVES`.
        view: What of the sounds is compared.
        lengths: See `ObjectiveSet`.

    Returns:
        Those that can, together.

    Raises:
        ObjectiveError: None can, or the view shows nothing of the target.
    """
    able: list[Objective] = []
    shown = view.prepare(target).target
    for make in metrics.values():
        with contextlib.suppress(ObjectiveError):
            metric = make()
            metric.prepare(shown)
            able.append(Viewed(metric, view))
    return ObjectiveSet(able, target, lengths=lengths)


def published(names: Iterable[str], distances: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Figures as the field gives them: similarities rather than distances where it does.

    Args:
        names: Of the metrics, `m` of them.
        distances: `[m]`.
    """
    return {
        name: float(1.0 - distance if name in SIMILARITIES else distance)
        for name, distance in zip(names, distances, strict=True)
    }


def closer_than(
    distances: NDArray[np.floating[Any]], random: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """The share of random presets that a sound is closer than, by each metric.

    Args:
        distances: Of the sound, `[m]`.
        random: Of random presets, `[n, m]`; failed ones are NaN, and not counted.

    Returns:
        Shares `[m]`, 0 to 1.
    """
    measured = np.isfinite(random)
    beaten = (random > distances) & measured
    return np.asarray(beaten.sum(0) / np.maximum(measured.sum(0), 1))
