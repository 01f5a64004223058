import librosa
import numpy as np
import pytest
import scipy.fft
import torch

from objectives import MFCCMAE, ObjectiveSet, Target
from objectives.cepstral import dct_matrix

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def librosa_mfcc(audio, sr):
    return librosa.feature.mfcc(y=audio, sr=sr, n_mfcc=13, n_fft=2048, hop_length=1024)


def expected_distance(candidate, target, sr):
    return np.mean(
        [
            np.abs(librosa_mfcc(ours, sr) - librosa_mfcc(theirs, sr)).mean()
            for ours, theirs in zip(candidate, target, strict=True)
        ]
    )


def test_equals_librosa(pair):
    target, candidate, sr = pair
    score = ObjectiveSet([MFCCMAE()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[expected_distance(candidate, target, sr)]], rtol=1e-4)


def test_any_length_will_do(sound):
    target, candidate = sound("noise", 44_100, 0.01), sound("sweep", 44_100, 0.01)
    score = ObjectiveSet([MFCCMAE()], Target(target, 44_100)).score(candidate[None])
    np.testing.assert_allclose(score, [[expected_distance(candidate, target, 44_100)]], rtol=1e-4)


def test_level_moves_the_first_coefficient_alone(sound):
    target = sound("noise", 22_050, 0.5)
    score = ObjectiveSet([MFCCMAE()], Target(target, 22_050)).score(0.5 * target[None])
    # 6.02 dB in each of 128 bands, all in the constant row of the transform.
    assert score[0, 0] == pytest.approx(20 * np.log10(2) * np.sqrt(128) / 13, rel=1e-3)


def test_transform_equals_scipy():
    values = np.random.default_rng(0).standard_normal((5, 128))
    expected = scipy.fft.dct(values, type=2, norm="ortho")[:, :13]
    matrix = dct_matrix(128, 13, torch.float64, torch.device("cpu"))
    np.testing.assert_allclose(values @ matrix.numpy(), expected, rtol=1e-9, atol=1e-12)
