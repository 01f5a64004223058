"""Gaussian copulas against scipy's normal distribution, and against counts."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from patchwright.synths import Parameter, ParameterSpace
from patchwright.synths.priors.cells import Cells
from patchwright.synths.priors.copula import Copula
from patchwright.synths.priors.marginals import smooth_marginals, uniform_probabilities

PAIR = ParameterSpace(
    tuple(
        Parameter(name=name, kind="categorical", choices=("a", "b", "c"), default="a")
        for name in "xy"
    )
)
PROBABILITIES = np.array([0.2, 0.5, 0.3, 0.6, 0.3, 0.1])
CORRELATION = np.array([[1.0, 0.7], [0.7, 1.0]])
PRESETS = np.array([[x, y] for x in (0, 0.5, 1) for y in (0, 0.5, 1)])


@pytest.fixture(scope="module")
def pair():
    return Copula(Cells.of([3, 3], [[], []]), CORRELATION, PROBABILITIES)


@pytest.fixture(scope="module")
def expected():
    """Probabilities of the nine presets, by scipy."""
    x, y = (np.clip(ndtri([0, *np.cumsum(p)]), -9, 9) for p in PROBABILITIES.reshape(2, 3))
    normal = multivariate_normal(np.zeros(2), CORRELATION)
    boxes = [
        normal.cdf([x[i + 1], y[j + 1]], lower_limit=[x[i], y[j]])
        for i in range(3)
        for j in range(3)
    ]
    return np.array(boxes)


def test_probabilities_are_those_of_scipy(pair, expected):
    assert np.isclose(expected.sum(), 1)
    np.testing.assert_allclose(np.exp(pair.log_probability(PRESETS)), expected, atol=0.01)
    again = pair.log_probability(PRESETS[[4, 4]])
    assert again[0] == again[1]


def test_draws_have_the_marginals_and_the_correlation(pair, expected):
    drawn = pair.sample(20_000, np.random.default_rng(0))
    shares = [(drawn == preset).all(axis=1).mean() for preset in PRESETS]
    np.testing.assert_allclose(shares, expected, atol=0.015)


def test_conditions_are_met(pair, expected):
    given = pair.within(PAIR.lock({"x": "c"}))
    drawn = given.sample(4_000, np.random.default_rng(0))
    assert (drawn[:, 0] == 1).all()
    conditional = expected[6:] / expected[6:].sum()
    shares = [(drawn[:, 1] == level).mean() for level in (0, 0.5, 1)]
    np.testing.assert_allclose(shares, conditional, atol=0.03)
    np.testing.assert_allclose(np.exp(given.log_probability(PRESETS[6:])), conditional, atol=0.03)
    np.testing.assert_allclose(given.marginals[3:], conditional, atol=0.05)


def test_a_fit_recovers_the_correlation(pair):
    cells = pair.cells
    ids = cells.index(pair.sample(1_500, np.random.default_rng(3)))
    marginals = smooth_marginals(cells, ids, uniform_probabilities(cells))
    found = Copula.fit(cells, ids, marginals, np.random.default_rng(0))
    assert 0.58 < found.correlation[0, 1] < 0.7  # shrunk a little
