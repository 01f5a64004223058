import numpy as np
import pytest
import torch

from patchwright.surrogates.proxies.ranks import rank_scores


def test_ranks_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    true = torch.from_numpy(rng.standard_normal((300, 4)))
    predicted = true + 0.8 * torch.from_numpy(rng.standard_normal((300, 4)))
    found = rank_scores(predicted, true, candidates=999, subsets=7, rng=rng)
    distances = np.abs(predicted.numpy()[:, None] - true.numpy()).sum(-1)
    ranks = np.array([(row <= row[i]).sum() for i, row in enumerate(distances)])
    assert (found.candidates, found.subsets) == (300, 1)
    assert found.mrr == pytest.approx((1 / ranks).mean())
    assert found.top1 == pytest.approx((ranks == 1).mean())
    assert found.top5 == pytest.approx((ranks <= 5).mean())
    assert found.l1 == pytest.approx((predicted - true).abs().mean().item())


def test_a_constant_prediction_is_last_not_first():
    true = torch.zeros(10, 3)
    found = rank_scores(true, true, candidates=10, subsets=1, rng=np.random.default_rng(0))
    assert found.top1 == 0
    assert found.mrr == pytest.approx(0.1)


def test_fewer_candidates_are_easier():
    rng = np.random.default_rng(1)
    true = torch.from_numpy(rng.standard_normal((200, 4)))
    predicted = true + torch.from_numpy(rng.standard_normal((200, 4)))
    few = rank_scores(predicted, true, candidates=10, subsets=20, rng=rng)
    many = rank_scores(predicted, true, candidates=200, subsets=20, rng=rng)
    assert few.mrr > many.mrr
    assert few.subsets == 20
