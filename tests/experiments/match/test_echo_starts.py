"""Starts of a search at the echoes of a wet sound."""

import numpy as np
import pytest

from patchwright.experiments.match.echo_starts import echo_lags, echo_starts
from patchwright.synths import DrySound, Performance
from patchwright.synths.builtin import Oscillators
from patchwright.synths.effects import EffectSynth

SR = 16_000


def sound(seconds=1.0):
    """A decaying tone with vibrato and a little noise, `[1, t]`."""
    t = np.arange(round(seconds * SR)) / SR
    tone = sum(np.sin(2 * np.pi * 200 * k * t + np.sin(9 * t)) / k for k in range(1, 9))
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(t))
    return (0.2 * (tone + noise) * np.exp(-3 * t))[np.newaxis].astype(np.float32)


@pytest.mark.parametrize("chain", ["delay", "delay | distortion", "distortion | delay | reverb"])
def test_a_start_has_the_time_of_the_delay(chain):
    synth, dry = EffectSynth(chain), DrySound(sound())
    performance = Performance(notes=(), length=1.0, sr=SR, dry=dry)
    truth = synth.space.values([{"delay_time": 0.2371, "delay_mix": 0.4, "delay_feedback": 0.2}])
    wet = synth.render(truth, performance).audio[0]
    assert min(abs(lag - 0.2371) for lag in echo_lags(sound()[0], wet.mean(axis=0), SR)) < 1e-3
    subspace = synth.space.lock()
    starts = subspace.decode(echo_starts(synth, subspace, dry, wet, SR))
    times = [row["delay_time"] for row in synth.space.readable(starts)]
    assert min(abs(time - 0.2371) for time in times) < 1e-3


def test_locks_hold_and_a_delay_is_tried_with_and_without_the_others():
    synth, dry = EffectSynth("{delay, chorus}"), DrySound(sound(0.5))
    subspace = synth.space.lock({"delay_mix": 0.9})
    starts = synth.space.readable(
        subspace.decode(echo_starts(synth, subspace, dry, sound(0.5), SR))
    )
    assert {row["chorus_on"] for row in starts} == {False, True}
    assert all(row["delay_on"] for row in starts)
    assert all(row["delay_mix"] == pytest.approx(0.9, abs=1e-6) for row in starts)


def test_there_are_none_without_a_delay_or_a_dry_sound():
    plain, behind = EffectSynth("reverb"), EffectSynth("delay", instrument=Oscillators())
    for synth, dry in ((plain, DrySound(sound(0.2))), (behind, None), (Oscillators(), None)):
        subspace = synth.space.lock()
        assert echo_starts(synth, subspace, dry, sound(0.2), SR).shape == (0, len(subspace))
