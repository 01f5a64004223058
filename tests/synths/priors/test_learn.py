"""Learning, and the choice of the kind by presets that are held out."""

import numpy as np
import pytest

from patchwright.synths import SynthError
from patchwright.synths.priors import learn as learning
from patchwright.synths.priors.learn import SPEC, UNIFORM, distinct, learn
from tests.synths.priors.small_spaces import MIXED, two_kinds


@pytest.fixture(scope="module")
def learned():
    return learn(MIXED, two_kinds(150), np.arange(150) // 15)


def test_the_kind_that_expects_held_out_presets_most_is_taken(learned):
    costs = {held.name: held.cost for held in learned.held_out}
    assert set(costs) == {UNIFORM, SPEC, *learning.CANDIDATES}
    assert learned.name == min(learning.CANDIDATES, key=costs.get)
    assert costs[learned.name] < costs["independent"] - 0.1 < costs[UNIFORM]
    best = next(held for held in learned.held_out if held.name == learned.name)
    assert np.isclose(best.gain, costs[SPEC] - best.cost)
    assert 0 < best.low < best.gain < best.high
    # the cutoff of most presets lies outside its prior's range
    assert learned.excluded > 0.5


def test_held_out_costs_are_those_of_new_presets(learned):
    new = two_kinds(150, seed=9)
    cost = -learned.prior.log_probability(new[distinct(new)]).mean() / len(MIXED)
    expected = min(held.cost for held in learned.held_out)
    assert abs(cost - expected) < 0.1


def test_equal_seeds_learn_equal_bits(learned):
    again = learn(MIXED, two_kinds(150), np.arange(150) // 15)
    assert np.array_equal(again.prior.marginals, learned.prior.marginals)
    assert again.held_out == learned.held_out


def test_near_duplicates_are_left_out():
    rng = np.random.default_rng(0)
    values = rng.random((30, 20))
    near, far = values.copy(), values.copy()
    near[:, :2] = 1 - near[:, :2]
    far[:, :3] = (far[:, :3] + 0.5) % 1
    kept = distinct(np.concatenate([values, near, values, far]))
    assert kept.tolist() == [*range(30), *range(90, 120)]


def test_a_fold_holds_whole_banks(monkeypatch):
    banks = np.arange(60) // 6
    learned_from = []
    monkeypatch.setattr(
        learning,
        "CANDIDATES",
        {"independent": lambda *fit: learned_from.append(fit[1]) or learning._mixture(1)(*fit)},
    )
    learn(MIXED, np.random.default_rng(0).random((60, 5)), banks)
    for ids in learned_from[:-1]:
        assert len(ids) % 6 == 0
    assert len(learned_from) == 6


def test_too_few_presets_are_refused():
    with pytest.raises(SynthError, match=r"\b19 presets .* needs 20: name more"):
        learn(MIXED, two_kinds(19), np.zeros(19, np.int64))
