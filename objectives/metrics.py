"""The metrics that a report lists beside the distances that a search minimised.

A metric is a distance that was not necessarily minimised. Its value says little by itself, so a
report adds the share of random presets that are farther from the target.
"""

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
"""Metrics that the literature reports as similarities: 1 - distance, so that 1 is identical."""


def measurable_metrics(
    target: Target,
    metrics: Mapping[str, type[Objective]],
    *,
    view: View = WHOLE,
    lengths: Lengths = "equal",
) -> ObjectiveSet:
    """Prepare all metrics that can measure a target, and leave the others out.

    A target may be too short for a metric or have no pitch, and a metric may need a package that
    is not installed.

    Args:
        target: Sound to measure distances to.
        metrics: Classes by name, such as `OBJECTIVES`.
        view: Part of the sounds to compare.
        lengths: Treatment of candidates of another length, as in `ObjectiveSet`.

    Returns:
        The metrics that can measure the target.

    Raises:
        ObjectiveError: No metric can, or the view shows nothing of the target.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import OBJECTIVES, Target
        >>> click = Target(np.eye(1, 400, dtype=np.float32), sr=8_000)
        >>> "mfcc_mae" in measurable_metrics(click, OBJECTIVES).names
        True
        >>> "f0" in measurable_metrics(click, OBJECTIVES).names  # a click has no pitch
        False
    """
    able: list[Objective] = []
    shown = [view.prepare(sound).target for sound in target.sounds]
    for make in metrics.values():
        with contextlib.suppress(ObjectiveError):
            metric = make()
            for sound in shown:
                metric.prepare(sound)
            able.append(Viewed(metric, view))
    return ObjectiveSet(able, target, lengths=lengths)


def reported_values(names: Iterable[str], distances: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Convert distances to the values that the literature reports.

    Args:
        names: Names of the `m` metrics.
        distances: Distances by these metrics, `[m]`.

    Returns:
        Values by name: similarities for `SIMILARITIES`, distances otherwise.

    Examples:
        >>> reported_values(["mss", "rms_cosine"], np.array([12.5, 0.25]))
        {'mss': 12.5, 'rms_cosine': 0.75}
    """
    return {
        name: float(1.0 - distance if name in SIMILARITIES else distance)
        for name, distance in zip(names, distances, strict=True)
    }


def share_of_random_beaten(
    distances: NDArray[np.floating[Any]], random: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Compute the share of random presets that are farther from the target than a sound.

    Args:
        distances: Distances of the sound, `[m]`.
        random: Distances of random presets, `[n, m]`; NaN for failed renders, which do not count.

    Returns:
        Shares `[m]`, 0 to 1.

    Examples:
        >>> share_of_random_beaten(np.array([2.0]), np.array([[1.0], [3.0], [4.0], [np.nan]]))
        array([0.66666667])
    """
    measured = np.isfinite(random)
    beaten = (random > distances) & measured
    return np.asarray(beaten.sum(0) / np.maximum(measured.sum(0), 1))
