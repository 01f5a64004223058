import numpy as np
import pytest
import torch
from scipy.signal import butter, hilbert, sosfiltfilt

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import Envelope
from patchwright.objectives.distances.envelope import analytic_amplitude, low_pass


def smoothed(amplitude, sr):
    """Apply a zero-phase low-pass by recursion, with two seconds of silence at either end."""
    padding = 2 * sr
    padded = np.pad(amplitude.astype(np.float64), ((0, 0), (padding, padding)))
    filtered = sosfiltfilt(butter(2, 10, fs=sr, output="sos"), padded, padtype=None)
    return filtered[:, padding:-padding]


def reference(audio, sr):
    return smoothed(np.abs(hilbert(audio.astype(np.float64))), sr)


def test_equals_scipy(pair):
    target, candidate, sr = pair
    expected = np.abs(reference(candidate, sr) - reference(target, sr)).mean()
    score = ObjectiveSet([Envelope()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[expected]], rtol=1e-4)


@pytest.mark.parametrize("n_samples", [1, 2, 3, 1000, 1009])
def test_analytic_amplitude_equals_scipy(n_samples):
    audio = np.random.default_rng(0).standard_normal((3, 2, n_samples))
    amplitude = analytic_amplitude(torch.from_numpy(audio))
    np.testing.assert_allclose(amplitude, np.abs(hilbert(audio)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("position", [0, 500, 7999])
def test_low_pass_does_not_wrap(position):
    impulse = np.zeros((1, 8000))
    impulse[0, position] = 1.0
    result = low_pass(torch.from_numpy(impulse)[None], 8000)[0].numpy()
    expected = smoothed(impulse, 8000)
    np.testing.assert_allclose(result, expected, atol=1e-7 * expected.max())


def test_needs_a_sample_rate_above_its_cutoff(sound):
    with pytest.raises(ObjectiveError, match="at least 21 Hz"):
        Envelope().prepare(Target(sound("noise", 20, 2), 20))
