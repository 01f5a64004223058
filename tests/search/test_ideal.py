"""The distance to the ideal point, with and without weights."""

import numpy as np
import pytest

from patchwright.search import NSGA2, Budget, Calibration, Evaluations, RandomSearch, run
from patchwright.search.ideal import distance_to_ideal, weighted
from tests.search.spaces import subspace_of

SUBSPACE = subspace_of("ccc")
WEIGHTS = np.array([1.6, 0.4])


def evaluate(genotypes):
    """Evaluate two conflicting objectives."""
    x = genotypes.mean(axis=1)
    scores = np.stack([x, 1 - x], axis=1)
    return Evaluations(genotypes, scores, np.zeros(len(x), np.int8), np.zeros(len(x)))


def test_a_weight_counts_as_so_many_objectives():
    scores = np.random.default_rng(0).random((20, 2))
    tripled = distance_to_ideal(scores[:, [0, 0, 0, 1]])
    np.testing.assert_allclose(distance_to_ideal(scores, np.array([1.5, 0.5])), tripled)


@pytest.mark.parametrize("multi_objective", [True, False])
def test_optimizers_without_weights_judge_as_with_them(multi_objective):
    scores = np.random.default_rng(0).random((20, 2))
    told = weighted(scores, WEIGHTS, multi_objective=multi_objective)
    if multi_objective:
        np.testing.assert_allclose(distance_to_ideal(told), distance_to_ideal(scores, WEIGHTS))
    else:
        np.testing.assert_allclose(told.mean(axis=1), (WEIGHTS * scores).mean(axis=1))


def test_the_nearest_that_an_optimizer_was_told_is_the_answer():
    told = []

    class Listening(RandomSearch):
        def tell(self, genotypes, scores, **details):
            told.append((genotypes, scores))
            super().tell(genotypes, scores, **details)

    first = evaluate(SUBSPACE.sample(5, np.random.default_rng(1)))
    calibration = Calibration(first, 5, np.ones(2), WEIGHTS, 0.0)
    found = run(
        evaluate, Listening(SUBSPACE, 2, seed=0), Budget(renders=600), calibration=calibration
    )
    genotypes, scores = (np.concatenate(part) for part in zip(*told, strict=True))
    nearest = genotypes[np.argmin(distance_to_ideal(scores))]
    np.testing.assert_array_equal(nearest, found.genotype)


def test_a_generation_brings_its_batch_and_the_history_does_not():
    seen = []
    found = run(evaluate, NSGA2(SUBSPACE, 2, seed=0), Budget(renders=300), callbacks=[seen.append])
    assert sum(len(state.batch.evaluations) for state in seen) == 300
    for state in seen:
        values = SUBSPACE.decode(state.batch.evaluations.genotypes)
        np.testing.assert_array_equal(state.batch.values, values)
    assert all(state.batch is None for state in found.history)
