"""The default optimizer: which optimizers do the work, and when."""

import numpy as np
import pytest

from patchwright.search import NSGA2, Auto, Portfolio
from patchwright.search.optimizers.auto import exploring
from tests.search.spaces import distance_to, drive, subspace_of

SUBSPACE = subspace_of("ccikb")
SCORES = distance_to(np.full((2, 5), 0.3))


def bits(generations):
    return [generation.tobytes() for generation in generations]


def test_a_small_budget_is_the_portfolios():
    auto = Auto(SUBSPACE, 2, seed=5, budget=500)
    assert auto.chose() == "portfolio"
    alone = Portfolio(SUBSPACE, 2, seed=5, budget=500)
    assert bits(drive(auto, SCORES, 6)) == bits(drive(alone, SCORES, 6))


@pytest.mark.parametrize(("budget", "half"), [(700, 350), (None, 1_000)])
def test_nsga2_explores_and_the_portfolio_goes_on_from_the_best(budget, half):
    assert exploring(budget) == half
    auto = Auto(SUBSPACE, 2, seed=5, budget=budget)
    assert auto.chose() == "nsga2, then portfolio"
    generations = half // 50
    explored = drive(auto, SCORES, generations)
    alone = NSGA2(SUBSPACE, 2, seed=5, budget=budget)
    assert bits(explored) == bits(drive(alone, SCORES, generations))
    asked = drive(auto, SCORES, 5)
    everyone = np.unique(np.concatenate(explored), axis=0)
    distances = np.sqrt((SCORES(everyone) ** 2).mean(axis=1))
    expected = np.sort(distances)[:300]
    assert np.sort(np.sqrt((SCORES(asked[0]) ** 2).mean(axis=1))) == pytest.approx(expected)
    assert len(np.unique(asked[0], axis=0)) == len(asked[0])
    handed_over = Portfolio(SUBSPACE, 2, seed=5, initial=asked[0], budget=budget)
    assert bits(asked) == bits(drive(handed_over, SCORES, 5))


def test_what_nsga2_cannot_go_on_with_the_portfolio_does():
    """There are only four presets: nsga2 has nothing new to propose."""
    auto = Auto(subspace_of("bb"), 1, seed=0, budget=5_000)
    asked = drive(auto, distance_to(np.full((1, 2), 0.2)), 30)
    assert len(asked) == 30
    assert not auto.stopped()
