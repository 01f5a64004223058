"""Metrics of a target, and their comparison with random presets."""

import numpy as np
import pytest

from patchwright.objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Target, View
from patchwright.objectives.metrics import (
    SIMILARITIES,
    measurable_metrics,
    reported_values,
    share_of_random_beaten,
)

SR = 8_000


def test_metrics_that_cannot_measure_a_target_are_left_out(sound):
    short = measurable_metrics(Target(sound("noise", SR, 0.02), SR), OBJECTIVES)
    assert "mfcc_mae" in short.names
    assert "mrstft" not in short.names  # its longest window has no mirror
    with pytest.raises(ObjectiveError, match="needs a target"):
        ObjectiveSet([OBJECTIVES["mrstft"]()], short.target)


def test_a_view_decides_what_can_be_measured(sound):
    target = Target(sound("noise", SR, 1.0), SR)
    assert "mrstft" in measurable_metrics(target, OBJECTIVES).names
    assert "mrstft" not in measurable_metrics(target, OBJECTIVES, view=View(time=(0, 0.02))).names


def test_none_that_can_measure_is_an_error(sound):
    with pytest.raises(ObjectiveError, match="at least one"):
        measurable_metrics(Target(sound("noise", SR, 0.02), SR), {"mrstft": OBJECTIVES["mrstft"]})


def test_similarities_are_published_as_such():
    assert set(OBJECTIVES) >= SIMILARITIES
    distances = np.array([0.25, 0.25])
    assert reported_values(["rms_cosine", "mss"], distances) == {"rms_cosine": 0.75, "mss": 0.25}


def test_closer_than_counts_what_is_farther():
    random = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, np.nan], [4.0, 7.0]])
    np.testing.assert_array_equal(
        share_of_random_beaten(np.array([2.0, 6.0]), random), [0.5, 1 / 3]
    )
    np.testing.assert_array_equal(
        share_of_random_beaten(np.zeros(2), np.full((3, 2), np.nan)), [0, 0]
    )
