import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveSet, Spectra, Target
from patchwright.objectives.distances import Centroid, Flatness
from patchwright.objectives.distances.shape import MIN_MAGNITUDE, centroid, flatness

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=")

KINDS = ["noise", "sweep", "clicks", "silence"]


def expected_centroid(audio, sr):
    """Return librosa's centroids [c, frames] in Hz, 1 kHz for silence."""
    total = np.abs(librosa.stft(audio)).sum(-2)
    track = librosa.feature.spectral_centroid(y=audio, sr=sr)[:, 0]
    return np.where(total > MIN_MAGNITUDE, track, 1000.0)


def expected_flatness(audio):
    """Return librosa's flatness [c, frames] in dB."""
    return 10 * np.log10(librosa.feature.spectral_flatness(y=audio)[:, 0])


def tone(hz, sr, n_samples):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(n_samples, dtype=np.float32)[None] / sr)


def distance(objective, candidate, target, sr):
    return ObjectiveSet([objective], Target(target, sr)).score(candidate[None])[0, 0]


def test_centroid_distance_equals_librosa(pair):
    target, candidate, sr = pair
    ours, theirs = expected_centroid(candidate, sr), expected_centroid(target, sr)
    expected = np.abs(np.log2(ours) - np.log2(theirs)).mean()
    assert distance(Centroid(), candidate, target, sr) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sr", [16_000, 44_100])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.01, 0.8])
def test_centroid_equals_librosa(sr, kind, seconds, sound):
    audio = sound(kind, sr, seconds)
    found = centroid(Spectra(torch.from_numpy(audio[None]), sr))[0]
    np.testing.assert_allclose(found.numpy(), expected_centroid(audio, sr), rtol=1e-4)


def test_an_octave_is_one():
    low, high = tone(1_000, 44_100, 44_100), tone(2_000, 44_100, 44_100)
    # the first and last frames contain only part of the sound
    assert distance(Centroid(), high, low, 44_100) == pytest.approx(1.0, abs=0.03)


def test_centroid_is_blind_to_level(sound):
    target = sound("noise", 16_000, 0.5)
    assert distance(Centroid(), 0.1 * target, target, 16_000) < 1e-5


def test_centroid_fades_to_one_kilohertz():
    audio = torch.from_numpy(tone(4_000, 16_000, 16_000)).double()
    tracks = torch.stack([audio * 10.0 ** (-level / 20) for level in range(0, 400, 10)])
    middle = centroid(Spectra(tracks, 16_000))[:, 0, 15]
    assert (middle.diff() <= 0).all()
    assert middle[0] == pytest.approx(4_000, rel=1e-4)
    assert middle[-1] == pytest.approx(1_000, rel=1e-4)


def test_flatness_distance_equals_librosa(pair):
    target, candidate, sr = pair
    expected = np.abs(expected_flatness(candidate) - expected_flatness(target)).mean()
    found = distance(Flatness(), candidate, target, sr)
    # clicks are flat: the logarithms of powers near 1 are only float32's rounding errors
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("sr", [16_000, 44_100])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.01, 0.8])
def test_flatness_equals_librosa(sr, kind, seconds, sound):
    audio = sound(kind, sr, seconds)
    found = flatness(Spectra(torch.from_numpy(audio[None]), sr))[0]
    np.testing.assert_allclose(found.numpy(), expected_flatness(audio), rtol=1e-4, atol=1e-4)


def test_flatness_of_noise_and_of_tones(sound):
    noise = flatness(Spectra(torch.from_numpy(sound("noise", 44_100, 1.0)[None]), 44_100))
    # mean logarithm of an exponentially distributed power: Euler's constant in dB
    assert noise[..., 2:-2].mean() == pytest.approx(-10 * np.euler_gamma / np.log(10), abs=0.05)
    still = flatness(Spectra(torch.from_numpy(tone(1_000, 44_100, 44_100)[None]), 44_100))
    assert still[..., 2:-2].max() < -60


@pytest.mark.parametrize("feature", [centroid, flatness])
def test_slope_agrees_with_finite_differences(feature):
    generator = torch.Generator().manual_seed(0)
    audio = 0.1 * torch.randn((1, 1, 700), generator=generator, dtype=torch.float64)
    direction = torch.randn((4, 1, 1, 700), generator=generator, dtype=torch.float64)

    def along(steps):
        moved = audio + torch.einsum("k,knct->nct", steps, direction)
        return torch.log(feature(Spectra(moved, 16_000)).abs())

    steps = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, steps, eps=1e-7, atol=1e-5, rtol=1e-4)
