"""The statistics of comparisons, against definitions, published examples and other libraries."""

import itertools

import numpy as np
import pandas
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scikit_posthocs import posthoc_wilcoxon
from statsmodels.stats.multitest import multipletests

from patchwright.experiments.compare.statistics import (
    holm,
    median_intervals,
    rank_groups,
    signed_rank,
    superiority,
)

# Ranks of four classifiers on 14 sets of data: Demšar, JMLR 7 (2006), table 6
DEMSAR = np.array(
    [
        *([4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1]),
        *([1, 2.5, 4, 2.5], [3, 2, 4, 1], [2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5] * 4),
        *([4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2]),
    ]
).T
# Differences of heights of Darwin's maize, with their exact p: Fisher (1935), as scipy cites it
MAIZE = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75.0])

samples = arrays(float, st.integers(1, 12), elements=st.integers(-4, 4))


@pytest.fixture
def values():
    """Three groups on nine targets; the third is worse."""
    rng = np.random.default_rng(3)
    return rng.uniform(1, 2, 9) + rng.normal(0, 0.1, (3, 9)) + np.array([[0.0], [0.05], [1.0]])


# ranks


def test_friedman_and_the_critical_difference_are_those_of_demsars_example():
    found = rank_groups(DEMSAR)
    np.testing.assert_allclose(found.ranks, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    uncorrected = 12 * 14 / (4 * 5) * ((found.ranks**2).sum() - 4 * 5**2 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    # what ties correct is 1 - sum(t³ - t) / n k (k² - 1): three pairs and one four
    ties = 3 * (2**3 - 2) + (4**3 - 4)
    assert found.statistic == pytest.approx(uncorrected / (1 - ties / (14 * 4 * 15)))
    assert found.p == pytest.approx(scipy.stats.chi2.sf(found.statistic, 3))
    assert found.critical == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), abs=1e-3)
    assert found.cliques == ((0, 3),)  # 3.143 - 1.964 < 1.25


def test_nemenyis_p_crosses_five_percent_at_the_critical_difference(values):
    found = rank_groups(values)
    apart = np.abs(found.ranks[:, np.newaxis] - found.ranks)
    np.testing.assert_array_equal(found.pairs < 0.05, apart > found.critical)
    assert (apart > found.critical).any()


def test_cliques_are_the_largest_sets_that_are_not_told_apart():
    losses = np.arange(8.0)[:, np.newaxis] + np.zeros(20)
    found = rank_groups(losses)
    assert 2 < found.critical < 3
    assert found.cliques == tuple((first, first + 2) for first in range(6))


def test_ranks_do_not_depend_on_the_scale(values):
    before, after = rank_groups(values), rank_groups(np.exp(3 * values))
    np.testing.assert_array_equal(before.ranks, after.ranks)
    assert (before.statistic, before.p) == (after.statistic, after.p)


def test_equal_groups_have_equal_ranks():
    found = rank_groups(np.ones((3, 7)))
    np.testing.assert_array_equal(found.ranks, [2, 2, 2])
    assert (found.statistic, found.p) == (0, 1)
    np.testing.assert_array_equal(found.pairs, np.ones((3, 3)))
    assert found.cliques == ((0, 2),)


def test_too_few_groups_or_targets_are_not_ranked(values):
    assert rank_groups(values[:2]) is None
    assert rank_groups(values[:, :5]) is None
    assert rank_groups(values[:, :6]) is not None


# pairs


def test_signed_ranks_are_those_of_darwins_maize():
    assert signed_rank(MAIZE, np.zeros(15)) == pytest.approx(0.041259765625)
    assert signed_rank(np.zeros(15), MAIZE) == pytest.approx(0.041259765625)


def test_six_pairs_are_the_fewest_that_reach_five_percent():
    rising = np.arange(1.0, 8.0)
    assert signed_rank(rising[:5], np.zeros(5)) is None
    assert signed_rank(rising[:6], np.zeros(6)) == pytest.approx(2 / 2**6)


def test_equal_pairs_keep_their_ranks():
    differences = np.array([0, -1, -2, 3, 4, 5, 6, 7.0])
    ranks = scipy.stats.rankdata(np.abs(differences))[1:]
    signs = np.array(list(itertools.product([0, 1], repeat=7)))
    found = ranks[2:].sum()
    expected = 2 * (signs @ ranks >= found).mean()
    assert signed_rank(differences, np.zeros(8)) == pytest.approx(expected)
    assert signed_rank(np.ones(8), np.ones(8)) == 1


def test_holm_is_that_of_statsmodels_and_of_scikit_posthocs(values):
    p = np.array([0.04, 0.01, 0.01, 0.5, 0.03, 1.0])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    pairs = [(0, 1), (0, 2), (1, 2)]
    ours = holm(np.array([signed_rank(values[i], values[j]) for i, j in pairs]))
    theirs = posthoc_wilcoxon(
        pandas.DataFrame(values.T).melt(), "value", "variable", p_adjust="holm"
    )
    np.testing.assert_allclose(ours, [theirs.iloc[i, j] for i, j in pairs])


@given(samples, samples)
def test_a12_is_its_definition(first, second):
    wins = [(a < b) + 0.5 * (a == b) for a in first for b in second]
    assert superiority(first, second) == pytest.approx(np.mean(wins))
    u = scipy.stats.mannwhitneyu(second, first).statistic
    assert superiority(first, second) == pytest.approx(u / (len(first) * len(second)))


@given(samples, samples)
def test_a12_mirrors_and_does_not_depend_on_the_scale(first, second):
    found = superiority(first, second)
    assert superiority(second, first) == pytest.approx(1 - found)
    assert superiority(np.exp(first), np.exp(second)) == found
    assert superiority(first, first) == 0.5


# intervals


def test_intervals_hold_the_median_as_often_as_they_say():
    values = np.random.default_rng(0).normal(7, 2, (60, 15))
    low, high = median_intervals(values).T
    assert 0.88 < ((low < 7) & (high > 7)).mean() < 1


def test_intervals_are_the_same_at_every_call_and_for_every_group(values):
    found = median_intervals(values)
    np.testing.assert_array_equal(found, median_intervals(values))
    same = median_intervals(np.repeat(values[:1], 2, axis=0))
    np.testing.assert_array_equal(same[0], same[1])


def test_two_values_have_no_interval():
    assert np.isnan(median_intervals(np.ones((2, 2)))).all()
    np.testing.assert_array_equal(median_intervals(np.ones((2, 3))), 1)
