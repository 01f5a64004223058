import numpy as np
import pytest

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import SOT
from tests.objectives.gradients import check_gradient


def cumulative(audio, sr):
    """Compute cumulative spectra [c, frames, bins] by numpy alone, in float64."""
    length, hop = round(0.050 * sr), round(0.020 * sr)
    padded = np.pad(audio.astype(np.float64), ((0, 0), (length // 2, length // 2)))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    starts = range(0, padded.shape[1] - length + 1, hop)
    frames = np.stack([padded[:, start : start + length] for start in starts], axis=1)
    magnitudes = np.abs(np.fft.rfft(frames * window))
    least = 1e-5 * magnitudes.shape[-1]
    return np.cumsum(magnitudes / np.maximum(magnitudes.sum(-1, keepdims=True), least), axis=-1)


def numpy_distance(candidate, target, sr):
    return np.abs(cumulative(candidate, sr) - cumulative(target, sr)).mean()


def score(target, candidate, sr):
    return float(ObjectiveSet([SOT()], Target(target, sr)).score(candidate[None])[0, 0])


def tone(hz, sr, level=0.5, seconds=0.5):
    time = np.arange(int(sr * seconds)) / sr
    return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)[None]


def test_equals_numpy(pair):
    target, candidate, sr = pair
    expected = numpy_distance(candidate, target, sr)
    assert score(target, candidate, sr) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sr", [60, 11_025, 96_000])
def test_equals_numpy_at_other_rates(sr, sound):
    target, candidate = sound("noise", sr, 0.3), sound("sweep", sr, 0.3)
    expected = numpy_distance(candidate, target, sr)
    assert score(target, candidate, sr) == pytest.approx(expected, rel=1e-4)


def test_any_length_will_do(sound):
    target, candidate = sound("noise", 44_100, 0.01), sound("sweep", 44_100, 0.01)
    expected = numpy_distance(candidate, target, 44_100)
    assert score(target, candidate, 44_100) == pytest.approx(expected, rel=1e-4)


def test_is_the_distance_in_frequency():
    sr = 16_000
    target = tone(1_000, sr)
    scores = [score(target, tone(hz, sr), sr) for hz in (1_200, 2_000, 3_000, 5_000, 7_000)]
    # as a share of the band of 8 kHz; windows with only half of the tone blur it
    np.testing.assert_allclose(
        scores, np.array([200, 1_000, 2_000, 4_000, 6_000]) / 8_000, rtol=0.1
    )


def test_is_blind_to_level(sound):
    target = sound("sweep", 22_050, 0.5)
    assert score(target, 0.01 * target, 22_050) < 1e-5


def test_silent_frames_are_zero_and_faint_ones_fade(sound):
    sr = 8_000
    silence = sound("silence", sr, 0.5)
    loud = sound("noise", sr, 0.5)
    assert np.all(cumulative(silence, sr) == 0)
    assert score(silence, loud, sr) == pytest.approx(0.5, rel=0.05)
    assert score(silence, 1e-7 * loud, sr) == pytest.approx(
        numpy_distance(1e-7 * loud, silence, sr), rel=1e-4
    )
    assert score(silence, 1e-7 * loud, sr) < 0.2


def test_refuses_a_rate_without_a_window(sound):
    with pytest.raises(ObjectiveError, match="at least 60 Hz"):
        SOT().prepare(Target(sound("noise", 59, 2), 59))


@pytest.mark.parametrize("kind", ["noise", "sweep"])
def test_gradients_agree_with_finite_differences(kind, sound):
    check_gradient(SOT(), kind, sound)


def test_a_far_tone_feels_the_way():
    """The distance falls as a tone's pitch approaches the target's, however far away it starts."""
    sr = 8_000
    target = tone(400, sr)
    scores = [score(target, tone(hz, sr), sr) for hz in range(3_000, 400, -200)]
    assert (np.diff(scores) < 0).all()
