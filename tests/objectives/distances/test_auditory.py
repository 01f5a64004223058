"""Loudness and modulation of auditory bands."""

import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveSet, Spectra, Target
from patchwright.objectives.distances import Auditory
from patchwright.objectives.distances.auditory import specific_loudness

SR = 22_050
TIME = np.arange(SR) / SR
TONE = 0.1 * np.sin(2.0 * np.pi * 1_000.0 * TIME)


def moved(rate, depth=0.5, phase=0.0):
    return TONE * (1.0 + depth * np.sin(2.0 * np.pi * rate * TIME + phase))


def distances(target, candidates):
    target, *candidates = (each.astype(np.float32)[np.newaxis] for each in (target, *candidates))
    return ObjectiveSet([Auditory()], Target(target, SR)).score(np.stack(candidates))[:, 0]


@pytest.mark.parametrize("rate", [5.0, 20.0, 70.0])
def test_movement_of_another_phase_is_nearer_than_none_and_another_depth_is_between(rate):
    target = moved(rate)
    other_phase, shallow, still = distances(
        target, [moved(rate, phase=1.0), moved(rate, 0.3), TONE]
    )
    assert shallow < still
    assert rate < 10.0 or other_phase < still  # slow movement is also compared in its course


def test_the_rate_of_movement_counts():
    found = distances(moved(8.0), [moved(9.0), moved(16.0), moved(64.0)])
    assert (np.diff(found) > 0.0).all()


@pytest.mark.parametrize(
    ("hz", "level", "heard"), [(1_000.0, -99.0, False), (1_000.0, -60.0, True)]
)
def test_what_is_below_the_threshold_of_hearing_hardly_counts(hz, level, heard):
    quiet = 10 ** (level / 20) * np.sin(2.0 * np.pi * hz * TIME)
    noise = 1e-3 * np.random.default_rng(0).standard_normal(SR)
    assert (distances(noise, [noise + quiet]) > 1e-2) == heard


def test_loudness_of_a_tone_lies_in_its_band():
    sounds = Spectra(torch.from_numpy(TONE)[None, None], SR)
    mean = specific_loudness(sounds)[0, 0].mean(0)
    erbs = np.linspace(*(21.4 * np.log10(1.0 + 0.00437 * np.array([60.0, 0.42 * SR]))), len(mean))
    centres = (10.0 ** (erbs / 21.4) - 1.0) / 0.00437
    assert mean.argmax() == np.abs(centres - 1_000.0).argmin()
