"""The default method: what it leaves the work to, and when."""

import numpy as np

from search import NSGA2, Auto, Portfolio
from search.optimizers.auto import QUICK
from tests.search.spaces import distance_to, drive, subspace_of


def test_it_asks_what_portfolio_asks_and_then_goes_on_from_the_best():
    subspace = subspace_of("ccikbccccc")
    scores = distance_to(np.linspace([0.2] * 10, [0.6] * 10, 2))
    auto = Auto(subspace, 2, seed=5, budget=2_500)
    portfolio = Portfolio(subspace, 2, seed=5, budget=2_500)
    asked = drive(auto, scores, 120)
    told = np.cumsum([len(genotypes) for genotypes in asked])
    quick = int(np.searchsorted(told, QUICK)) + 1
    for one, other in zip(asked[:quick], drive(portfolio, scores, quick), strict=True):
        assert one.tobytes() == other.tobytes()
    handed, before = asked[quick], np.concatenate(asked[:quick])
    assert len(handed) == NSGA2.population
    known = {row.tobytes() for row in before}
    assert all(row.tobytes() in known for row in handed)
    # what nobody else is better than in both is handed over
    all_scores = scores(before)
    beaten = (all_scores[:, None] <= all_scores[None]).all(axis=2).sum(axis=0) > 1
    front = {row.tobytes() for row in before[~beaten]}
    assert front <= {row.tobytes() for row in handed} or len(front) > len(handed)


def test_it_says_what_it_left_the_work_to():
    subspace = subspace_of("cccc")
    auto = Auto(subspace, 1, seed=1)
    scores = distance_to(np.full((1, 4), 0.3))
    assert auto.chose() == "portfolio"
    drive(auto, scores, 80)
    assert auto.chose() == "portfolio, then nsga2"
    assert Auto.categories
    assert Portfolio.categories
    assert NSGA2.categories


def test_it_goes_on_improving_after_the_change():
    subspace = subspace_of("c" * 20)
    scores = distance_to(np.full((1, 20), 0.37))
    asked = drive(Auto(subspace, 1, seed=2), scores, 85)
    told = np.cumsum([len(genotypes) for genotypes in asked])
    best = [scores(genotypes).min() for genotypes in asked]
    before, after = (np.array(best)[told <= QUICK].min(), np.array(best)[told > QUICK].min())
    assert after < before
