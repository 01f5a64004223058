"""The sound of the k-osc synth, against theory."""

import numpy as np
import pytest
import torch

from patchwright.synths import Note, Performance, SynthError
from patchwright.synths.builtin import Oscillators

SR = 44_100
NOTE = Note(pitch=60, velocity=127, duration=1.0)


def play(*oscillators, notes=(NOTE,), length=1.0, sr=SR):
    synth = Oscillators(k=len(oscillators))
    readable = {
        f"osc{i}_{name}": value
        for i, one in enumerate(oscillators, 1)
        for name, value in zip(("frequency", "amplitude", "waveform"), one, strict=True)
    }
    performance = Performance(notes=notes, length=length, sr=sr)
    return synth.render(synth.space.values([readable]), performance).audio[0, 0].astype(float)


def level_at(audio, frequency, start=4410, count=32_768):
    window = np.blackman(count)
    tone = np.exp(-2j * np.pi * frequency * np.arange(count) / SR)
    return 2 * abs((audio[start : start + count] * window * tone).sum()) / window.sum()


@pytest.mark.parametrize(
    ("waveform", "amplitude"),
    [
        ("sine", lambda k: float(k == 1)),
        ("saw", lambda k: 2 / (np.pi * k)),
        ("square", lambda k: 4 / (np.pi * k) * (k % 2)),
    ],
)
@pytest.mark.parametrize("frequency", [110.0, 617.0])
def test_each_waveform_has_its_frequency_and_harmonics(waveform, amplitude, frequency):
    audio = play((frequency, 1.0, waveform))
    scale = level_at(audio, frequency) / amplitude(1)
    for k in range(1, 9):
        assert level_at(audio, k * frequency) / scale == pytest.approx(amplitude(k), abs=0.01)


def test_the_sound_is_the_sum_whatever_the_order():
    one, two = (220.0, 0.8, "saw"), (331.0, 0.3, "square")
    both = play(one, two)
    assert play(two, one) == pytest.approx(both, abs=1e-6)
    assert 2 * both == pytest.approx(play(one) + play(two), abs=1e-6)


@pytest.mark.parametrize("k", [1, 4, 7])
@pytest.mark.parametrize("sr", [8_000, 44_100])
def test_the_sum_never_leaves_full_scale(k, sr):
    synth = Oscillators(k=k)
    values = synth.space.sample(60, np.random.default_rng(k))
    values[:, 1::3] = 1.0
    audio = synth.render(values, Performance(notes=(NOTE,), length=0.1, sr=sr)).audio
    assert np.abs(audio).max() <= 1.0
    assert k > 1 or np.abs(audio).max() > 0.75


def test_the_key_changes_nothing_but_its_times_and_velocity_count():
    settings = ((440.0, 1.0, "sine"),)
    low = play(*settings, notes=(Note(pitch=30, duration=0.5),))
    high = play(*settings, notes=(Note(pitch=90, duration=0.5),))
    assert np.array_equal(low, high)
    assert np.abs(low[: SR // 2]).max() > 0.1
    assert np.abs(low[SR // 2 + 1 :]).max() == 0.0
    soft = play(*settings, notes=(Note(pitch=30, velocity=50, duration=0.5),))
    assert soft == pytest.approx(low / 4, abs=1e-6)
    late = play(*settings, notes=(Note(pitch=30, onset=0.25, duration=0.5),))
    assert np.array_equal(late[SR // 4 :], low[: -(SR // 4)])
    chord = (Note(pitch=30, duration=0.5), Note(pitch=40, onset=0.25, duration=0.5))
    assert play(*settings, notes=chord) == pytest.approx(low + late, abs=1e-6)


def test_both_ends_fade():
    audio = play((20.0, 1.0, "square"), notes=(Note(pitch=60, velocity=127, duration=0.5),))
    steps = np.abs(np.diff(audio))
    ends = np.r_[steps[:100], steps[SR // 2 - 100 : SR // 2 + 100]]
    assert ends.max() < 0.02 < steps.max()


def test_k_is_an_option_and_out_of_range_refused():
    assert len(Oscillators().space) == len(Oscillators.space) == 12
    assert len(Oscillators(k=9).space) == 27
    for wrong in (0, 65):
        with pytest.raises(SynthError, match="k from 1 to 64"):
            Oscillators(k=wrong)


def test_gradients_agree_with_finite_differences():
    synth = Oscillators(k=3, dtype=torch.float64)
    performance = Performance(notes=(Note(pitch=60, duration=0.03),), length=0.03, sr=8_000)
    values = torch.tensor(synth.space.sample(1, np.random.default_rng(0)), requires_grad=True)
    weight = torch.tensor(np.random.default_rng(1).standard_normal((1, 1, performance.samples)))

    def loss(v):
        return (synth.audio(v, performance) * weight).sum()

    (gradient,) = torch.autograd.grad(loss(values), values)
    for position in np.flatnonzero(synth.space.levels == 0):
        step = torch.zeros_like(values)
        step[0, position] = 1e-7
        with torch.no_grad():
            difference = float((loss(values + step) - loss(values - step)) / 2e-7)
        assert difference != 0.0
        assert float(gradient[0, position]) == pytest.approx(difference, rel=1e-3, abs=1e-4)
