"""Mixtures of products: the synth's own priors, fits, conditions."""

import numpy as np
import pytest
from scipy.special import logsumexp

from patchwright.synths import Parameter, ParameterSpace, Prior, SynthError
from patchwright.synths.builtin import Subtractive
from patchwright.synths.priors.cells import Cells
from patchwright.synths.priors.marginals import smooth_marginals, spec_probabilities
from patchwright.synths.priors.mixture import Mixture, fit_mixture
from tests.synths.priors.small_spaces import DISCRETE, MIXED, every_preset, two_kinds


def fitted(space, values, components, seed=0):
    cells = Cells.around(space, values)
    ids = cells.index(values)
    _, own = spec_probabilities(space, cells)
    marginals = smooth_marginals(cells, ids, own)
    return fit_mixture(cells, ids, marginals, components, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def discrete():
    return fitted(DISCRETE, two_kinds(300)[:, [0, 2, 3]], 3)


def test_the_synths_own_prior_expects_what_it_draws():
    space = Subtractive.space
    prior = Mixture.of_spec(space)
    drawn = space.sample(20_000, np.random.default_rng(0))
    ids = prior.cells.index(drawn)
    counted = np.bincount(ids.ravel(), minlength=len(prior.cells)) / len(drawn)
    error = np.sqrt(prior.marginals * (1 - prior.marginals) / len(drawn))
    assert (np.abs(counted - prior.marginals) <= 5 * error + 1e-12).all()
    again = prior.sample(20_000, np.random.default_rng(1))
    ids = prior.cells.index(again)
    counted = np.bincount(ids.ravel(), minlength=len(prior.cells)) / len(drawn)
    assert (np.abs(counted - prior.marginals) <= 5 * error + 1e-12).all()


def test_the_synths_own_prior_has_ranges_weights_and_points():
    space = ParameterSpace(
        (
            Parameter(
                name="n",
                kind="integer",
                low=0,
                high=3,
                default=0,
                prior=Prior(weights=(1, 2, 0, 1)),
            ),
            Parameter(
                name="x",
                kind="continuous",
                high=10,
                default=5,
                prior=Prior(low=5, high=10, point=0, mass=0.5),
            ),
        )
    )
    rows = np.array([[1 / 3, 0.0], [1 / 3, 0.6], [1 / 3, 0.3]])
    logs = Mixture.of_spec(space).log_probability(rows)
    np.testing.assert_allclose(logs[:2], np.log([0.5 * 0.5, 0.5 * 0.5 / 32]))
    assert logs[2] < -600  # never drawn


def test_probabilities_of_all_presets_sum_to_one(discrete):
    logs = discrete.log_probability(every_preset(DISCRETE))
    assert np.isclose(np.exp(logs).sum(), 1)
    assert np.isfinite(logs).all()
    drawn = discrete.sample(20_000, np.random.default_rng(0))
    for row, log in zip(every_preset(DISCRETE), logs, strict=True):
        share = np.isclose(drawn, row).all(axis=1).mean()
        assert abs(share - np.exp(log)) < 5 * np.sqrt(np.exp(log) / 20_000)


def test_conditions_are_exact(discrete):
    presets = every_preset(DISCRETE)
    joint = discrete.log_probability(presets)
    subspace = DISCRETE.lock({"sync": True}, limit={"octave": [-1, 1]})
    allowed = (presets[:, 2] == 1) & (presets[:, 1] > 0) & (presets[:, 1] < 1)
    expected = joint[allowed] - logsumexp(joint[allowed])
    given = discrete.within(subspace)
    np.testing.assert_allclose(given.log_probability(presets[allowed]), expected, atol=1e-9)
    drawn = given.sample(500, np.random.default_rng(0))
    assert (drawn[:, 2] == 1).all()
    assert ((drawn[:, 1] > 0) & (drawn[:, 1] < 1)).all()


def test_a_lock_moves_what_goes_with_it():
    prior = fitted(MIXED, two_kinds(400), 2)
    on, off = (prior.within(MIXED.lock({"sync": value})) for value in (True, False))
    rng = np.random.default_rng(0)
    bright, dark = (given.sample(500, rng)[:, 4].mean() for given in (on, off))
    assert bright > 0.7
    assert dark < 0.35


def test_a_mixture_finds_two_kinds_of_presets():
    train, test = two_kinds(300, seed=1), two_kinds(300, seed=2)
    one, two = (fitted(MIXED, train, k).log_probability(test).mean() for k in (1, 2))
    assert two - one > 1.0  # the entropy of a fair coin for each of three parameters, less one
    assert np.array_equal(
        fitted(MIXED, train, 2).probabilities, fitted(MIXED, train, 2).probabilities
    )


def test_impossible_conditions_are_refused():
    prior = Mixture.of_spec(MIXED)
    with pytest.raises(SynthError, match="no preset with these locks"):
        prior.within(MIXED.lock({"cutoff": 0.1}))
