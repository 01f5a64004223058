"""How far a proxy can be trusted near a target, and by its own doubts."""

import numpy as np
import pytest
import torch

from patchwright.surrogates.proxies.nearby import doubts, nearby_correlation


def sounds(n, seed=0, width=5):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n, width))).float()


def test_the_order_around_a_target_is_lost_before_that_of_all_sounds():
    """Errors that are small beside all sounds, and large beside near ones."""
    groups = sounds(20, seed=1) * 100
    true = (groups[:, None] + sounds(400, seed=2).reshape(20, 20, 5)).flatten(0, 1)

    def correlation(error):
        noisy = true + error * sounds(400, seed=3)
        return nearby_correlation(noisy, true, rng=np.random.default_rng(0))

    assert correlation(0.0) == pytest.approx(1.0)
    assert correlation(0.0) > correlation(0.5) > correlation(50.0)
    assert abs(correlation(1e4)) < 0.1


def test_networks_that_differ_as_much_as_they_are_wrong_are_as_unsure_as_they_should_be():
    true, scale = sounds(4_000), torch.linspace(0.1, 3, 4_000)[:, None]
    members = torch.stack([true + scale * sounds(4_000, seed) for seed in range(1, 5)])
    order, ratio = doubts(members, true)
    assert order > 0.7
    assert ratio == pytest.approx(0.5, rel=0.05)  # of the mean of four
    order, ratio = doubts(members + 10, true)
    assert ratio > 3
