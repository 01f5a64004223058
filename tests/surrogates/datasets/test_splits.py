import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.surrogates.datasets import Perturbed, SplitShares
from patchwright.surrogates.datasets.splits import NEAR, near_groups, split_presets
from patchwright.synths.builtin import Subtractive
from tests.surrogates.tiny import TinySynth

SHARES = SplitShares(valid=0.2, test=0.3)
SUBTRACTIVE = Subtractive.space.lock({})
TINY = TinySynth.space.lock({"fault": "none"})


def leaks(subspace, values, split):
    """Count pairs of near duplicates in different splits, by comparing all pairs."""
    far = np.zeros((len(values), len(values)), bool)
    for coordinate, levels in zip(subspace.encode(values).T, subspace.levels, strict=True):
        far |= np.abs(coordinate[:, None] - coordinate) > (0 if levels else NEAR)
    return int((~far & (split[:, None] != split)).sum())


def with_neighbours(subspace, n, seed, step):
    """Draw presets, and for half of them chains of neighbours with small steps."""
    rng = np.random.default_rng(seed)
    genotypes = subspace.sample(n, rng)
    continuous = subspace.levels == 0
    near = genotypes[: n // 2].copy()
    chain = [genotypes]
    for _ in range(3):
        moves = rng.uniform(-step, step, near.shape)
        near = np.where(continuous, np.clip(near + moves, 0, 1), near)
        chain.append(near)
    return subspace.decode(np.concatenate(chain))


@given(seed=st.integers(0, 1_000), step=st.sampled_from([0.0, NEAR / 4, NEAR, 3 * NEAR]))
@settings(max_examples=25, deadline=None)
def test_no_near_duplicates_in_different_splits(seed, step):
    values = with_neighbours(SUBTRACTIVE, 60, seed, step)
    split, crowded = split_presets(SUBTRACTIVE, values, SHARES)
    assert not crowded
    assert leaks(SUBTRACTIVE, values, split) == 0
    for first in range(3 if step <= NEAR else 0):  # the chains stay whole
        start = 60 + 30 * first
        assert (split[start : start + 30] == split[:30]).all()


def test_shares_are_kept_and_training_is_left_no_test_preset():
    values = SUBTRACTIVE.decode(SUBTRACTIVE.sample(4_000, np.random.default_rng(0)))
    split, crowded = split_presets(SUBTRACTIVE, values, SHARES)
    assert not crowded
    np.testing.assert_allclose(np.bincount(split) / 4_000, [0.5, 0.2, 0.3], atol=0.03)
    assert leaks(SUBTRACTIVE, values[:600], split[:600]) == 0
    for share in (SplitShares(valid=0, test=0), SplitShares(valid=0, test=0.99)):
        few = split_presets(SUBTRACTIVE, values[:1_000], share)[0]
        of_share = np.bincount(few, minlength=3) / 1_000
        np.testing.assert_allclose(of_share, [1 - share.test, 0, share.test], atol=0.02)


def test_a_split_depends_neither_on_order_nor_on_other_presets():
    values = with_neighbours(SUBTRACTIVE, 200, 0, NEAR)
    whole, _ = split_presets(SUBTRACTIVE, values, SHARES)
    order = np.random.default_rng(1).permutation(len(values))
    assert (split_presets(SUBTRACTIVE, values[order], SHARES)[0] == whole[order]).all()
    alone, _ = split_presets(SUBTRACTIVE, values[100:200], SHARES)  # no neighbours there
    assert (alone == whole[100:200]).all()


def test_perturbations_of_a_preset_by_little_are_one_group():
    bank = SUBTRACTIVE.sample(30, np.random.default_rng(0))
    bank = SUBTRACTIVE.encode(SUBTRACTIVE.decode(bank))
    drawn = Perturbed(bank, rate=0.05, scale=1e-3).draw(600, SUBTRACTIVE, np.random.default_rng(1))
    group = near_groups(SUBTRACTIVE, np.concatenate([bank, drawn]))
    moved = (drawn[:, None] != bank)[..., SUBTRACTIVE.levels > 0].any(2)
    parent = (np.abs(drawn[:, None] - bank).max(2) + moved).argmin(1)
    same = (~moved[np.arange(600), parent]) & (np.abs(drawn - bank[parent]).max(1) < NEAR)
    assert same.sum() > 200
    assert (group[30:][same] == group[parent[same]]).all()


@pytest.mark.parametrize("free", [["level"], ["level", "bend"], ["wave", "wide"]])
def test_presets_too_dense_to_keep_apart_are_split_by_cells(free):
    """With a few free parameters, chains of near duplicates join everything: it is said."""
    subspace = TinySynth.space.lock({}, free=free)
    values = subspace.decode(subspace.sample(5_000, np.random.default_rng(0)))
    split, crowded = split_presets(subspace, values, SHARES)
    assert crowded
    _, cell = np.unique(np.floor(subspace.encode(values) * 64), axis=0, return_inverse=True)
    for each in np.unique(cell):
        assert len(set(split[cell == each])) == 1
    if len(free) == 2 and free[0] == "level":
        np.testing.assert_allclose(np.bincount(split) / 5_000, [0.5, 0.2, 0.3], atol=0.05)


def test_few_presets():
    for n in (1, 2):
        values = TINY.decode(TINY.sample(n, np.random.default_rng(0)))
        assert split_presets(TINY, values, SHARES)[0].shape == (n,)
