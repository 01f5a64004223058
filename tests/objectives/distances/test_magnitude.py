import librosa
import numpy as np
import pytest

from patchwright.objectives import ObjectiveSet, Target
from patchwright.objectives.distances import LSD, SpectralConvergence
from tests.objectives.gradients import check_gradient

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=")


def magnitudes(audio):
    """Compute short-time magnitudes [c, frames, bins] by numpy alone, in float64."""
    padded = np.pad(audio.astype(np.float64), ((0, 0), (1024, 1024)))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    starts = range(0, padded.shape[1] - 2047, 512)
    frames = np.stack([padded[:, start : start + 2048] for start in starts], axis=1)
    return np.abs(np.fft.rfft(frames * window))


def numpy_lsd(candidate, target):
    decibels = [10 * np.log10(np.maximum(magnitudes(a) ** 2, 1e-10)) for a in (candidate, target)]
    return np.sqrt(np.mean((decibels[0] - decibels[1]) ** 2, axis=-1)).mean()


def numpy_convergence(candidate, target):
    ours, theirs = magnitudes(candidate), magnitudes(target)
    least = 1e-4 * np.sqrt(theirs.size)
    return np.linalg.norm(ours - theirs) / max(np.linalg.norm(theirs), least)


def score(objective, target, candidate, sr=44_100):
    return ObjectiveSet([objective], Target(target, sr)).score(candidate[None])


def test_the_reference_equals_librosa(sound):
    audio = sound("sweep", 22_050, 0.3)
    np.testing.assert_allclose(
        magnitudes(audio)[0].T,
        np.abs(librosa.stft(audio[0].astype(np.float64), n_fft=2048, hop_length=512)),
        atol=1e-9,
    )


def test_lsd_equals_numpy(pair):
    target, candidate, sr = pair
    expected = numpy_lsd(candidate, target)
    np.testing.assert_allclose(score(LSD(), target, candidate, sr), [[expected]], rtol=1e-4)


def test_convergence_equals_numpy(pair):
    target, candidate, sr = pair
    np.testing.assert_allclose(
        score(SpectralConvergence(), target, candidate, sr),
        [[numpy_convergence(candidate, target)]],
        rtol=1e-4,
    )


def test_any_length_will_do(sound):
    target, candidate = sound("noise", 44_100, 0.01), sound("sweep", 44_100, 0.01)
    assert score(LSD(), target, candidate) == pytest.approx(numpy_lsd(candidate, target), rel=1e-4)
    assert score(SpectralConvergence(), target, candidate) == pytest.approx(
        numpy_convergence(candidate, target), rel=1e-4
    )


def test_half_the_level(sound):
    target = sound("noise", 44_100, 0.5)
    assert score(SpectralConvergence(), target, 0.5 * target) == pytest.approx(0.5, rel=1e-4)
    assert score(LSD(), target, 0.5 * target) == pytest.approx(20 * np.log10(2), rel=1e-3)


def test_silence_is_1_from_any_target_by_convergence(sound):
    target = sound("sweep", 44_100, 0.5, channels=2)
    assert score(SpectralConvergence(), target, 0 * target) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("level", [0.0, 1e-9])
def test_a_silent_target_counts_as_a_faint_one(level, sound):
    target = np.full((1, 22_050), level, dtype=np.float32)
    candidate = sound("noise", 44_100, 0.5)
    found = score(SpectralConvergence(), target, candidate)
    assert found == pytest.approx(numpy_convergence(candidate, target), rel=1e-4)
    rms = np.sqrt(np.mean(magnitudes(candidate) ** 2))
    assert found == pytest.approx(rms / 1e-4, rel=1e-4)


@pytest.mark.parametrize("objective", [LSD(), SpectralConvergence()], ids=lambda each: each.name)
@pytest.mark.parametrize("kind", ["noise", "sweep"])
def test_gradients_agree_with_finite_differences(objective, kind, sound):
    check_gradient(objective, kind, sound)
