"""Loudness off the target's partials."""

import numpy as np
import pytest

from patchwright.objectives import ObjectiveSet, Target
from patchwright.objectives.distances import Partials

SR = 22_050
TIME = np.arange(SR) / SR


def note(hz, *, partials=6, level=0.1):
    order = np.arange(1, partials + 1)[:, np.newaxis]
    waves = np.sin(2.0 * np.pi * hz * order * TIME) / order
    return (level * waves.sum(axis=0)).astype(np.float32)[np.newaxis]


def distances(target, candidates):
    return ObjectiveSet([Partials()], Target(target, SR)).score(np.stack(candidates))[:, 0]


@pytest.mark.parametrize("hz", [110.0, 262.0, 988.0])
def test_a_pitch_costs_more_the_farther_it_is(hz):
    cents = np.array([5, 20, 50, 100, 200])
    for sign in (-1, 1):
        found = distances(note(hz), [note(hz * 2 ** (sign * step / 1200)) for step in cents])
        assert (np.diff(found) > 0.0).all()


def test_a_foreign_partial_costs_more_the_louder_it_is_and_more_than_level_and_tilt():
    target = note(262.0)
    partial = np.sin(2.0 * np.pi * 854.0 * TIME).astype(np.float32)
    foreign = [target + 0.1 * 10 ** (level / 20) * partial for level in (-12, -8, -4)]
    tilted = note(262.0) + 0.02 * note(262.0 * 2, partials=3)
    louder = 10 ** (1 / 20) * target
    small, found = np.split(distances(target, [louder, tilted, *foreign]), [2])
    assert (np.diff([small.max(), *found]) > 0.0).all()


def test_silence_is_at_one():
    target = note(262.0)
    assert distances(target, [0.0 * target]) == pytest.approx(1.0, abs=1e-3)


def test_what_lies_off_the_axis_is_not_heard():
    target = note(262.0)
    high = 0.1 * np.sin(2.0 * np.pi * 9_900.0 * TIME).astype(np.float32)
    assert distances(target, [target + high]) < 5e-3
