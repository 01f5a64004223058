"""Priors in the subspace of a search."""

import numpy as np

from patchwright.synths.priors.within import OWN_SHARE, with_prior
from tests.synths.priors.small_spaces import MIXED, two_kinds
from tests.synths.priors.test_mixture import fitted

PRIOR = fitted(MIXED, two_kinds(300), 2)


def test_samples_stay_within_locks_and_limits():
    plain = MIXED.lock({"sync": True}, limit={"cutoff": [0.2, 0.8], "wave": ["sine", "pulse"]})
    subspace = with_prior(plain, PRIOR)
    genotypes = subspace.sample(300, np.random.default_rng(0))
    assert genotypes.shape == (300, 4)
    rows = MIXED.readable(subspace.decode(genotypes))
    assert {row["sync"] for row in rows} == {True}
    assert {row["wave"] for row in rows} == {"sine", "pulse"}
    assert all(0.2 <= row["cutoff"] <= 0.8 for row in rows)
    assert np.array_equal(genotypes, subspace.sample(300, np.random.default_rng(0)))
    assert plain.prior is None
    assert np.array_equal(subspace.decode(genotypes), plain.decode(genotypes))


def test_one_draw_in_ten_is_of_the_synths_own_prior():
    subspace = with_prior(MIXED.lock(), PRIOR)
    values = subspace.decode(subspace.sample(5_000, np.random.default_rng(0)))
    # no preset that was learned from has a cutoff in the middle
    own = ((values[:, 4] > 0.35) & (values[:, 4] < 0.65)).mean()
    expected = OWN_SHARE * 0.6  # of the prior's range from 0.25 to 0.75
    assert expected <= own < expected + 0.05


def test_only_presets_less_likely_than_typical_ones_cost():
    subspace = with_prior(MIXED.lock(), PRIOR)
    usual = subspace.encode(two_kinds(200, seed=7))
    odd = subspace.encode(np.tile([1.0, 0.3, 0.5, 0.0, 0.5], (3, 1)))
    costs = subspace.prior.excess(usual)
    assert (costs >= 0).all()
    assert (costs == 0).mean() > 0.3
    assert subspace.prior.excess(odd).min() > costs.mean() + 0.3
    values = subspace.decode(odd)
    typical = PRIOR.entropy / len(MIXED)
    np.testing.assert_allclose(
        subspace.prior.excess(odd), -PRIOR.log_probability(values) / len(MIXED) - typical
    )
