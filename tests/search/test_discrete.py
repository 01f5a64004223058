"""Genotypes of discrete parameters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.search.discrete import categories, centre, level, redraw, snap, swap
from tests.search.spaces import subspace_of

KINDS = st.text("cikb1", min_size=1, max_size=8)


@given(KINDS, st.integers(0, 2**32 - 1))
def test_snapping_changes_no_preset_and_names_each_bin_once(kinds, seed):
    subspace = subspace_of(kinds)
    genotypes = np.random.default_rng(seed).random((20, len(kinds)))
    genotypes[0], genotypes[1] = 0, 1
    snapped = snap(genotypes, subspace.levels)
    assert np.array_equal(subspace.decode(snapped), subspace.decode(genotypes))
    discrete = subspace.levels > 0
    encoded = subspace.encode(subspace.decode(genotypes))
    assert np.array_equal(snapped[:, discrete], encoded[:, discrete])
    assert np.array_equal(snapped[:, ~discrete], genotypes[:, ~discrete])
    bins = level(genotypes, subspace.levels)
    assert np.array_equal(centre(bins, subspace.levels)[:, discrete], snapped[:, discrete])


def test_categories_are_what_has_no_order():
    assert categories(subspace_of("cikb1")).tolist() == [False, False, True, True, True]


def test_redrawing_takes_all_other_categories_equally_often():
    levels = np.array([3, 2, 1])
    first = np.tile([0.5, 0.25, 0.5], (30_000, 1))
    drawn = redraw(first, levels, 0.5, np.random.default_rng(0))
    shares = np.bincount(level(drawn, levels)[:, 0], minlength=3) / len(drawn)
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.01)
    assert (drawn[:, 1] == 0.75).mean() == pytest.approx(0.5, abs=0.01)
    assert (drawn[:, 2] == 0.5).all()


def test_swapping_keeps_the_genes_of_a_pair():
    rng = np.random.default_rng(0)
    first, second = rng.random((1000, 4)), rng.random((1000, 4))
    one, other = swap(first, second, rng)
    assert np.array_equal(np.sort([one, other], axis=0), np.sort([first, second], axis=0))
    assert (one == first).mean() == pytest.approx(0.5, abs=0.05)
