import numpy as np
import pyloudnorm
import pytest

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances.level import Level


def distance(candidate, target, sr):
    return ObjectiveSet([Level()], Target(target, sr)).score(candidate[None])[0, 0]


@pytest.mark.parametrize(("sr", "channels"), [(8_000, 2), (44_100, 1), (96_000, 2)])
@pytest.mark.parametrize("kinds", [("noise", "noise"), ("clicks", "sweep"), ("recording", "noise")])
def test_equals_pyloudnorm(sr, channels, kinds, sound):
    target, candidate = (sound(kind, sr, 0.6, channels, seed=k) for k, kind in enumerate(kinds))
    meter = pyloudnorm.Meter(sr)
    ours, theirs = (meter.integrated_loudness(x.T.astype(np.float64)) for x in (candidate, target))
    assert distance(candidate, target, sr) == pytest.approx(abs(ours - theirs), abs=1e-3)


@pytest.mark.parametrize(("gain", "expected"), [(2.0, 6.0206), (0.1, 20.0)])
@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_is_the_gain_in_decibels(gain, expected, seconds, sound):
    target = sound("noise", 16_000, seconds, 2)
    assert distance(gain * target, target, 16_000) == pytest.approx(expected, abs=1e-3)


def test_silence_is_at_minus_seventy(sound):
    silence, noise = sound("silence", 8_000, 1.0), sound("noise", 8_000, 1.0)
    loudness = pyloudnorm.Meter(8_000).integrated_loudness(noise.T.astype(np.float64))
    assert distance(silence, noise, 8_000) == pytest.approx(loudness + 70, abs=1e-3)


def test_refuses_what_has_no_loudness():
    with pytest.raises(ObjectiveError, match="at least 4000 Hz"):
        Level().prepare(Target(np.zeros((1, 100), np.float32), 3_000))
    with pytest.raises(ObjectiveError, match="at most 5 channels"):
        Level().prepare(Target(np.zeros((6, 100), np.float32), 8_000))
