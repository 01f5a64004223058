"""Searches whose subspace has a joint prior."""

from dataclasses import replace

import numpy as np
import pytest

from patchwright.search import (
    OPTIMIZERS,
    Budget,
    Calibration,
    Evaluations,
    Penalty,
    RandomSearch,
    calibrate,
    run,
)
from patchwright.search.discrete import LIKELY, redraw_likely
from patchwright.search.optimizers.portfolio.operators import mutate
from patchwright.synths import Parameter, ParameterSpace, SynthError
from tests.search.spaces import distance_to, drive, subspace_of
from tests.search.test_portfolio import brood


class Diagonal:
    """A prior of genotypes whose coordinates are all equal, and are likelier the lower they are."""

    def __init__(self, d):
        self.d = d

    def sample(self, n, rng):
        return np.tile(rng.random((n, 1)), self.d)

    def excess(self, genotypes):
        return genotypes.mean(axis=1)


def diagonal(kinds):
    return replace(subspace_of(kinds), prior=Diagonal(len(kinds)))


def evaluate(genotypes):
    n = len(genotypes)
    scores = distance_to(np.array([[0.9], [0.8]]))(genotypes)
    return Evaluations(genotypes, scores, np.zeros(n, np.int8), np.zeros(n))


@pytest.mark.parametrize("name", ["auto", "portfolio", "nsga2", "random", "cmaes", "de"])
def test_the_first_presets_are_of_the_prior(name):
    subspace = diagonal("ccc")
    calibration = calibrate(evaluate, subspace, 20, np.random.default_rng(0))
    optimizers = [OPTIMIZERS[name](subspace, 2, seed=3, budget=2_000) for _ in range(2)]
    first = optimizers[0].ask()
    for genotypes in (calibration.evaluations.genotypes, first if name != "cmaes" else first[:0]):
        assert np.array_equal(genotypes, np.tile(genotypes[:, :1], 3))
    optimizers[0] = OPTIMIZERS[name](subspace, 2, seed=3, budget=2_000)
    scores = distance_to(np.array([[0.9], [0.8]]))
    one, other = (np.concatenate(drive(optimizer, scores, 4)) for optimizer in optimizers)
    assert np.array_equal(one, other)


def test_redrawn_genes_of_a_child_are_of_one_sample():
    some = brood("cikcikb", np.zeros(300, np.int64))
    stock = (np.arange(100)[:, np.newaxis] + 0.5) / 100 + np.zeros(7)
    joint = replace(some, stock=stock, subspace=replace(some.subspace, prior=Diagonal(7)))
    children = mutate(joint, joint.x, all_genes=True)
    numbers = children[:, [0, 3]]  # the continuous genes; all others move in steps
    drawn = np.isclose(numbers[:, :, np.newaxis], stock[:, 0], atol=1e-12)
    both = drawn.any(axis=2).all(axis=1)
    assert both.sum() > 3
    assert np.allclose(numbers[both, 0], numbers[both, 1])
    plain = replace(some, stock=stock)
    numbers = mutate(plain, plain.x, all_genes=True)[:, [0, 3]]
    drawn = np.isclose(numbers[:, :, np.newaxis], stock[:, 0], atol=1e-12)
    both = drawn.any(axis=2).all(axis=1)
    assert not np.allclose(numbers[both, 0], numbers[both, 1])


def test_only_mutated_genes_are_redrawn():
    subspace = diagonal("cccc")
    rng = np.random.default_rng(0)
    parents = rng.random((2_000, 4))
    mutants = np.where(rng.random(parents.shape) < 0.25, parents + 1, parents)
    found = redraw_likely(parents, mutants, subspace, rng)
    mutated = mutants != parents
    assert np.array_equal(found[~mutated], parents[~mutated])
    redrawn = mutated & (found != mutants)
    assert abs(redrawn[mutated].mean() - LIKELY) < 0.05
    rows = redrawn.sum(axis=1) > 1
    values = np.where(redrawn, found, np.nan)[rows]
    assert (
        np.nanmax(
            np.ptp(np.where(np.isnan(values), np.nanmin(values, 1, keepdims=True), values), axis=1)
        )
        == 0
    )


def test_an_unlikely_preset_has_to_earn_its_place():
    flat = np.array([[0.5, 0.5, 0.5]])

    def indifferent(genotypes):
        n = len(genotypes)
        ones = np.ones((n, 2))
        return Evaluations(genotypes, ones, np.zeros(n, np.int8), np.zeros(n))

    calibration = Calibration(indifferent(flat), 1, np.array([2.0, 4.0]), np.ones(2), 0.0)
    results = {
        weight: run(
            indifferent,
            RandomSearch(diagonal("ccc"), 2, seed=0),
            Budget(renders=60),
            calibration=calibration,
            prior_weight=weight,
        )
        for weight in (0.0, 0.5)
    }
    assert results[0.0].genotype.tolist() == flat[0].tolist()  # the first of equals
    assert results[0.5].genotype.max() < 0.1
    archive = results[0.5].archive
    expected = np.array([[0.5, 0.25]]) + 0.5 * archive.genotypes.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(archive.scores, expected)
    assert results[0.5].history[-1].best.tolist() == [1.0, 1.0]  # unscaled, and without the cost


def test_without_a_prior_or_a_weight_nothing_costs():
    genotypes = np.full((2, 3), 0.7)
    for subspace, weight in ((diagonal("ccc"), 0.0), (subspace_of("ccc"), 2.0)):
        assert Penalty(subspace, weight)(genotypes).tolist() == [[0.0], [0.0]]
    assert np.allclose(Penalty(diagonal("ccc"), 2.0)(genotypes), 1.4)


def test_parameters_cost_in_proportion_to_their_values_unless_they_are_locked():
    switch = Parameter(name="on", kind="boolean", default=True, cost=0.25)
    amount = Parameter(name="amount", kind="continuous", default=0.0, cost=0.5)
    space = ParameterSpace((switch, amount))
    genotypes = np.array([[0.2, 0.0], [0.8, 0.0], [0.8, 0.5]])
    assert Penalty(space.lock(), 0.0)(genotypes).tolist() == [[0.0], [0.25], [0.5]]
    locked = space.lock({"on": True})
    assert Penalty(locked, 0.0)(genotypes[:, 1:]).tolist() == [[0.0], [0.0], [0.25]]
    with pytest.raises(SynthError, match="0 or more"):
        Parameter(name="x", kind="boolean", default=False, cost=-1)
