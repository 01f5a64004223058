"""The parts of the portfolio, and all together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymoo.operators.survival.rank_and_crowding.metrics import calc_crowding_distance
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from patchwright.search import Archive, SearchError
from patchwright.search.discrete import categories
from patchwright.search.optimizers.portfolio import Portfolio
from patchwright.search.optimizers.portfolio.credit import Credit
from patchwright.search.optimizers.portfolio.ensemble import Ensemble
from patchwright.search.optimizers.portfolio.operators import OPERATORS, Brood
from patchwright.search.optimizers.portfolio.population import Population, crowding, order
from tests.search.spaces import distance_to, drive, subspace_of


def brood(kinds, parents, *, members=12, seed=0):
    subspace = subspace_of(kinds)
    rng = np.random.default_rng(seed)
    genotypes = subspace.sample(members, rng)
    scores, residuals = rng.random((members, 2)), rng.normal(size=(members, 4)).astype(np.float16)
    ensemble = Ensemble(len(subspace))
    ensemble.add(genotypes, scores, residuals)
    return Brood(
        subspace=subspace,
        categories=categories(subspace),
        population=Population(genotypes, scores, residuals),
        parents=parents,
        stock=subspace.sample(100, rng),
        ensemble=ensemble,
        rng=rng,
    )


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("kinds", ["c", "ccccccc", "kbkb", "cikb1cikb1", "cikb" * 50])
def test_operators_make_children_of_their_parents(name, kinds):
    if name == "category" and set(kinds) == {"c"}:
        pytest.skip("there is no discrete gene")
    if name == "kalman" and set(kinds) == {"k", "b"}:
        pytest.skip("there is no number")
    some = brood(kinds, np.arange(12).repeat(5) % 12)
    parents = some.x.copy()
    children = OPERATORS[name](some)
    assert children.shape == parents.shape
    assert np.isfinite(children).all()
    assert np.array_equal(parents, some.x)  # members are not changed
    levels = some.subspace.levels
    bins = (children * levels - 0.5)[:, some.categories]
    assert np.allclose(bins, np.rint(bins))
    assert (bins > -0.5).all()
    assert (bins < levels[some.categories]).all()
    assert (children != parents).any(axis=1).mean() > 0.2


def test_sparse_changes_few_genes_and_seldom_many():
    some = brood("c" * 40, np.zeros(4_000, np.int64))
    changed = (OPERATORS["sparse"](some) != some.x).sum(axis=1)
    odds = np.arange(1, 41) ** -1.5
    assert (changed <= 1).mean() == pytest.approx(odds[0] / odds.sum(), abs=0.05)
    assert 0.02 < (changed > 20).mean() < 0.1


def test_mutation_moves_ordered_genes_by_a_level_and_draws_another_category():
    some = brood("ik", np.zeros(2_000, np.int64), members=1)
    children = OPERATORS["sparse"](some)
    levels = np.floor(children * some.subspace.levels)
    was = np.floor(some.x[0] * some.subspace.levels)
    moved = levels[children[:, 0] != some.x[0, 0], 0]
    assert set(np.minimum(moved, 9)) >= set(range(10)) - {was[0]}
    nearest = np.abs(np.minimum(moved, 9) - was[0])
    assert (nearest == 1).mean() > 0.3
    assert (nearest == 0).mean() < 0.2  # redrawn, and equal by chance
    assert set(levels[:, 1]) == {0, 1, 2}


def test_category_changes_one_discrete_gene_and_only_near_ones_beside_it():
    some = brood("cccckcccc", np.zeros(300, np.int64), members=1)
    changed = OPERATORS["category"](some) != some.x
    assert changed[:, 4].all()
    assert not changed[:, [0, 1, 7, 8]].any()
    assert 0.1 < changed[:, [2, 3, 5, 6]].mean() < 0.4


def test_credit_goes_to_what_succeeds_and_comes_back():
    credit = Credit(3, floor=0.1)
    assert credit.probabilities() == pytest.approx([1 / 3] * 3)
    rng = np.random.default_rng(0)
    for good in (0, 2):
        for _ in range(100):
            tried = credit.choose(8, rng)
            credit.learn(tried, tried == good)
        odds = credit.probabilities()
        assert odds.sum() == pytest.approx(1)
        assert odds.argmax() == good
        assert odds[good] > 0.7
        assert odds.min() >= 0.1 - 1e-12
    for _ in range(500):  # no child succeeds
        credit.learn(credit.choose(8, rng), np.zeros(8, bool))
    assert credit.probabilities().max() < 0.5


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_the_best_come_first(seed, m, n):
    scores = np.random.default_rng(seed).integers(0, 6, (n, m)).astype(float)
    places = order(scores)
    assert sorted(places) == list(range(n))
    rank = NonDominatedSorting().do(scores, return_rank=True)[1]
    assert (np.diff(rank[places]) >= 0).all()
    best = (scores[places[: (rank == 0).sum()]] ** 2).sum(axis=1)
    assert m > 1 or best[0] == best.min()


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_crowding_is_that_of_each_front_as_pymoo_has_it(seed, m, n):
    scores = np.random.default_rng(seed).random((n, m))
    rank = NonDominatedSorting().do(scores, return_rank=True)[1]
    space = crowding(scores, rank)
    for front in range(rank.max() + 1):
        members = rank == front
        if members.sum() > 1:  # pymoo's is 0 for one alone
            assert space[members] / m == pytest.approx(calc_crowding_distance(scores[members]))


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_a_population_loses_no_best_one_and_keeps_none_twice(seed, m):
    rng = np.random.default_rng(seed)
    members, children = rng.integers(0, 4, (10, 3)) / 4, rng.integers(0, 4, (6, 3)) / 4
    scores = distance_to(rng.random((m, 3)))
    residuals = (members - 0.5).astype(np.float16)
    before = Population.best(members, scores(members), residuals, 10)
    parents = rng.integers(len(before), size=6)
    of_children = (children - 0.5).astype(np.float16)
    after, won = before.with_children(children, scores(children), of_children, parents, 12)
    assert np.array_equal(after.residuals, after.members - 0.5)
    assert len(after) <= 12
    assert len(np.unique(after.members, axis=0)) == len(after)
    assert after.nearest() == min(
        np.sqrt((scores(x) ** 2).mean(axis=1)).min() for x in (members, children)
    )
    if m == 1:
        gain = before.scores[parents, 0] - scores(children)[:, 0]
        worst = np.sort(np.concatenate([before.scores, scores(children)])[:, 0])[len(before) - 1]
        assert (scores(children)[won, 0] <= worst).all()
        assert not won[gain == 0].any()
        beaten = {row.tobytes() for row in before.members[parents[gain > 0]]}
        again = {row.tobytes() for row in children}
        assert not (beaten - again) & {row.tobytes() for row in after.members}


def test_it_asks_for_the_initial_ones_first_and_then_for_batches():
    subspace = subspace_of("cccccckb")
    initial = subspace.sample(30, np.random.default_rng(1))
    optimizer = Portfolio(subspace, 1, seed=0, initial=initial, population=10, batch=6)
    asked = drive(optimizer, distance_to(np.full((1, 8), 0.3)), 10)
    assert np.array_equal(asked[0], initial)
    assert [len(x) for x in asked[1:]] == [6] * 9


@pytest.mark.parametrize("m", [1, 2])
def test_a_population_that_is_stuck_rests_and_both_go_on(m):
    """Patience ends 40 evaluations after the first generation; a second population starts."""

    def flat(genotypes):
        return np.ones((len(genotypes), m))

    def asked(**options):
        optimizer = Portfolio(subspace_of("cccc"), m, seed=0, population=10, batch=8, **options)
        return drive(optimizer, flat, 24)

    restarting = asked(patience=40)
    second = [10] + [8] * 5
    assert [len(x) for x in restarting] == second * 2 + [8] * 5 + second + [8]
    assert not (restarting[0][:, np.newaxis] == restarting[6]).all(axis=2).any()
    assert [len(x) for x in asked(patience=0)] == [10] + [8] * 23


def test_it_finds_what_is_hidden_among_all_kinds():
    subspace = subspace_of("kkkkccccccccccii")
    rng = np.random.default_rng(5)
    right = subspace.sample(1, rng)[0]

    def scores(genotypes):
        gap = np.abs(genotypes - right)
        gap[:, :4] = gap[:, :4] > 1e-9
        return (np.sqrt(gap)).mean(axis=1, keepdims=True)

    def found(**options):
        runs = [Portfolio(subspace, 1, seed=seed, **options) for seed in range(3)]
        return np.median([scores(np.concatenate(drive(o, scores, 120))).min() for o in runs])

    drawn = scores(subspace.sample(1_000, rng)).min()
    assert found() < 0.3 * drawn


def test_two_objectives_give_a_front_with_both_ends_and_the_middle():
    subspace = subspace_of("c" * 10)
    ends = distance_to(np.stack([np.full(10, 0.2), np.full(10, 0.8)]))
    archive = Archive(10, 2)
    for genotypes in drive(Portfolio(subspace, 2, seed=0), ends, 150):
        archive.add(genotypes, ends(genotypes))
    assert archive.scores.min(axis=0).max() < 0.02
    assert archive.distances().min() < 0.1  # the least possible is 0.09
    assert len(archive) > 50


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"operators": ()}, "name some of sparse"),
        ({"operators": ["category"]}, "none for these parameters"),
        ({"operators": ["sparse", "magic"]}, "operators must be one of sparse, .*not 'magic'"),
        ({"pressure": 0.5}, "pressure at least 1"),
        ({"growth": -1.0}, "growth must be at least 0"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"patience": -1}, "patience must be at least 0"),
        ({"floor": 0.0}, "floor must be above 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, mend):
    with pytest.raises(SearchError, match=mend):
        Portfolio(subspace_of("cc"), 1, seed=0, **options)
