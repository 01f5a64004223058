import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import WMFCC
from patchwright.objectives.distances.warping import dtw_cost

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def coefficients(audio, sr):
    """Return all channels' coefficients side by side, [c * 20, frames]."""
    window, hop = int(0.05 * sr), int(0.01 * sr)
    return np.concatenate(
        [
            librosa.feature.mfcc(y=channel, sr=sr, n_mfcc=20, n_fft=window, hop_length=hop)
            for channel in audio
        ]
    )


def expected_distance(candidate, target, sr):
    ours, theirs = coefficients(candidate, sr), coefficients(target, sr)
    costs = np.abs(ours[:, :, None] - theirs[:, None, :]).mean(0).astype(np.float64)
    sums = librosa.sequence.dtw(C=costs, weights_mul=np.array([2.0, 1.0, 1.0]), backtrack=False)
    return sums[-1, -1] / sum(costs.shape)


def plain_alignment(costs):
    """Compute the recursion cell by cell."""
    sums = np.full((costs.shape[0] + 1, costs.shape[1] + 1), np.inf)
    for i, row in enumerate(costs):
        for j, cost in enumerate(row):
            steps = (sums[i, j] + 2 * cost, sums[i, j + 1] + cost, sums[i + 1, j] + cost)
            sums[i + 1, j + 1] = cost if i == j == 0 else min(steps)
    return sums[-1, -1]


def distance(candidate, target, sr):
    return ObjectiveSet([WMFCC()], Target(target, sr)).score(candidate[None])[0, 0]


def test_equals_librosa(pair):
    target, candidate, sr = pair
    expected = expected_distance(candidate, target, sr)
    assert distance(candidate, target, sr) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sr", [16_000, 44_100])
@pytest.mark.parametrize("seconds", [0.001, 0.015, 0.5])
def test_any_length_will_do(sr, seconds, sound):
    target, candidate = sound("noise", sr, seconds), sound("sweep", sr, seconds)
    expected = expected_distance(candidate, target, sr)
    assert distance(candidate, target, sr) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (2, 3), (7, 7), (9, 4), (30, 41)])
def test_alignment_equals_the_plain_recursion(shape):
    costs = np.random.default_rng(0).random((5, *shape))
    expected = [plain_alignment(each) for each in costs]
    found = dtw_cost(torch.from_numpy(costs))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_alignment_has_the_bits_of_a_row_alone():
    costs = torch.rand((6, 20, 17), generator=torch.Generator().manual_seed(0))
    together = dtw_cost(costs)
    for row, expected in zip(costs, together, strict=True):
        assert dtw_cost(row[None]) == expected


def test_slope_of_the_alignment_counts_each_cell_on_the_path():
    costs = torch.tensor([[[1.0, 9.0, 9.0], [9.0, 1.0, 1.0]]], dtype=torch.float64)
    costs.requires_grad_()
    assert dtw_cost(costs) == 4.0
    (slope,) = torch.autograd.grad(dtw_cost(costs), costs)
    assert slope.tolist() == [[[1.0, 0.0, 0.0], [0.0, 2.0, 1.0]]]


def test_slope_of_the_alignment_agrees_with_finite_differences():
    costs = torch.rand((2, 6, 5), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.autograd.gradcheck(dtw_cost, costs.requires_grad_())


def test_a_delay_costs_little(sound):
    sr = 16_000
    target = sound("sweep", sr, 1.0)
    silence = np.zeros((1, sr // 5), dtype=np.float32)
    early = np.concatenate((target, silence, silence), axis=1)
    late = np.concatenate((silence, target, silence), axis=1)
    noise = np.concatenate((silence, sound("noise", sr, 1.0), silence), axis=1)
    assert 0 < distance(late, early, sr) < 0.1 * distance(noise, early, sr)


def test_refuses_a_sample_rate_without_a_hop():
    with pytest.raises(ObjectiveError, match="at least 100 Hz"):
        WMFCC().prepare(Target(np.zeros((1, 500), dtype=np.float32), 99))
