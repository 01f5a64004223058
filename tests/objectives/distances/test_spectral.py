import librosa
import numpy as np
import pytest
import torch
from auraloss.freq import MultiResolutionSTFTLoss

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import MRSTFT, MSS
from patchwright.objectives.distances.spectral import MRSTFT_CONFIGS

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def librosa_mss(candidate, target, sr):
    """Compute the definition by librosa, channel by channel."""
    differences = []
    for ours, theirs in zip(candidate, target, strict=True):
        for window, hop, n_mels in ((0.010, 0.005, 32), (0.025, 0.010, 64), (0.100, 0.050, 128)):
            decibels = [
                librosa.power_to_db(
                    librosa.feature.melspectrogram(
                        y=audio,
                        sr=sr,
                        n_fft=int(window * sr),
                        hop_length=int(hop * sr),
                        n_mels=n_mels,
                    ),
                    ref=np.max,
                )
                for audio in (ours, theirs)
            ]
            differences.append(np.abs(decibels[0] - decibels[1]).mean())
    return np.mean(differences)


def test_mrstft_equals_auraloss(pair):
    target, candidate, sr = pair
    expected = MultiResolutionSTFTLoss()(
        torch.from_numpy(candidate[None]), torch.from_numpy(target[None])
    )
    score = ObjectiveSet([MRSTFT()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[float(expected)]], rtol=1e-4)


def test_mrstft_refuses_what_cannot_be_mirrored(sound):
    least = max(config.min_samples for config in MRSTFT_CONFIGS)
    assert least == 1025
    audio = sound("noise", 44_100, 1)[:, :least]
    other = sound("noise", 44_100, 1, seed=5)[:, :least]
    expected = MultiResolutionSTFTLoss()(
        torch.from_numpy(other[None]), torch.from_numpy(audio[None])
    )
    score = ObjectiveSet([MRSTFT()], Target(audio, 44_100)).score(other[None])
    np.testing.assert_allclose(score, [[float(expected)]], rtol=1e-4)
    with pytest.raises(ObjectiveError, match=r"mrstft needs .* 23\.3 ms"):
        MRSTFT().prepare(Target(audio[:, 1:], 44_100))


def test_mrstft_in_one_pass_equals_tensor_operations(pair):
    target, candidate, sr = pair
    scorer = ObjectiveSet([MRSTFT()], Target(target, sr))
    compiled = scorer.score(candidate[None])
    plain = scorer.distances(torch.from_numpy(candidate[None])).numpy()
    np.testing.assert_allclose(compiled, plain, rtol=1e-5)


@pytest.mark.parametrize("sample", [1e30, 1e37])
def test_mrstft_of_samples_too_loud_is_not_a_number(sample, sound):
    audio = sound("noise", 44_100, 0.1)
    candidate = audio[None].copy()
    candidate[0, 0, 2000:3000] = sample
    assert np.isnan(ObjectiveSet([MRSTFT()], Target(audio, 44_100)).score(candidate))


def test_mss_equals_librosa(pair):
    target, candidate, sr = pair
    score = ObjectiveSet([MSS()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[librosa_mss(candidate, target, sr)]], rtol=1e-4)


def test_mss_of_a_sound_shorter_than_its_windows(sound):
    target, candidate = sound("noise", 44_100, 0.03), sound("sweep", 44_100, 0.03)
    score = ObjectiveSet([MSS()], Target(target, 44_100)).score(candidate[None])
    np.testing.assert_allclose(score, [[librosa_mss(candidate, target, 44_100)]], rtol=1e-4)


def test_mss_is_blind_to_level_and_mrstft_is_not(sound):
    target = sound("noise", 22_050, 0.5)
    scores = ObjectiveSet([MSS(), MRSTFT()], Target(target, 22_050)).score(0.5 * target[None])
    assert scores[0, 0] < 1e-5
    assert scores[0, 1] == pytest.approx(0.5 + np.log(2), rel=1e-3)


def test_mss_needs_a_hop(sound):
    with pytest.raises(ObjectiveError, match="at least 200 Hz"):
        MSS().prepare(Target(sound("noise", 150, 2), 150))
