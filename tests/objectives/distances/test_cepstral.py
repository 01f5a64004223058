import librosa
import numpy as np
import pytest
import scipy.fft
import torch

from patchwright.objectives import ObjectiveSet, Target
from patchwright.objectives.distances import MFCCD, MFCCMAE
from patchwright.objectives.signal.mfcc import dct_matrix

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


REFERENCES = {
    MFCCMAE: {"n_mfcc": 13, "n_fft": 2048, "hop_length": 1024},
    MFCCD: {"n_mfcc": 40},
}

both = pytest.mark.parametrize("objective", REFERENCES, ids=lambda objective: objective.name)


def expected_distance(objective, candidate, target, sr):
    options = REFERENCES[objective]
    return np.mean(
        [
            np.abs(
                librosa.feature.mfcc(y=ours, sr=sr, **options)
                - librosa.feature.mfcc(y=theirs, sr=sr, **options)
            ).mean()
            for ours, theirs in zip(candidate, target, strict=True)
        ]
    )


@both
def test_equals_librosa(objective, pair):
    target, candidate, sr = pair
    score = ObjectiveSet([objective()], Target(target, sr)).score(candidate[None])
    expected = expected_distance(objective, candidate, target, sr)
    np.testing.assert_allclose(score, [[expected]], rtol=1e-4)


@both
@pytest.mark.parametrize("sr", [16_000, 44_100])
def test_any_length_will_do(objective, sr, sound):
    target, candidate = sound("noise", sr, 0.01), sound("sweep", sr, 0.01)
    score = ObjectiveSet([objective()], Target(target, sr)).score(candidate[None])
    expected = expected_distance(objective, candidate, target, sr)
    np.testing.assert_allclose(score, [[expected]], rtol=1e-4)


@both
def test_level_moves_the_first_coefficient_alone(objective, sound):
    target = sound("noise", 22_050, 0.5)
    score = ObjectiveSet([objective()], Target(target, 22_050)).score(0.5 * target[None])
    # 6.02 dB in each of 128 bands, all in the first row of the transform
    expected = 20 * np.log10(2) * np.sqrt(128) / REFERENCES[objective]["n_mfcc"]
    assert score[0, 0] == pytest.approx(expected, rel=1e-3)


def test_transform_equals_scipy():
    values = np.random.default_rng(0).standard_normal((5, 128))
    expected = scipy.fft.dct(values, type=2, norm="ortho")[:, :13]
    matrix = dct_matrix(128, 13, torch.float64, torch.device("cpu"))
    np.testing.assert_allclose(values @ matrix.numpy(), expected, rtol=1e-9, atol=1e-12)
