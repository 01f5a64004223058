"""Steps from residuals: their formula and their use."""

import numpy as np
import pytest

from patchwright.search import Auto, Portfolio
from patchwright.search.optimizers.portfolio.ensemble import MOST, Ensemble
from tests.search.spaces import subspace_of


class Linear:
    """A synth with residuals that are linear in its genes; the score is their root mean square."""

    def __init__(self, d=20, r=30, seed=0):
        rng = np.random.default_rng(seed)
        self.matrix = rng.standard_normal((d, r))
        self.target = rng.uniform(0.2, 0.8, d)

    def residuals(self, genotypes):
        return ((genotypes - self.target) @ self.matrix).astype(np.float16)

    def scores(self, genotypes):
        gaps = (genotypes - self.target) @ self.matrix
        return np.sqrt((gaps**2).mean(axis=1, keepdims=True))


def ensemble_of(synth, n, seed=1):
    genotypes = np.random.default_rng(seed).random((n, len(synth.target)))
    ensemble = Ensemble(len(synth.target))
    ensemble.add(genotypes, synth.scores(genotypes), synth.residuals(genotypes))
    return ensemble, genotypes


def test_steps_are_those_of_ensemble_kalman_inversion():
    """The expected steps are solved with the covariances; with 40 members all take part."""
    synth = Linear()
    ensemble, genotypes = ensemble_of(synth, 40)
    residuals = synth.residuals(genotypes).astype(float)
    genes, sounds = genotypes - genotypes.mean(axis=0), residuals - residuals.mean(axis=0)
    parents = np.random.default_rng(2).random((5, 20))
    rng = np.random.default_rng(3)
    rng.random()  # the number of members
    noise, length = 1e-4 * 1e4 ** rng.random((5, 1)), rng.uniform(0.3, 1.2, (5, 1))
    for row, parent in enumerate(synth.residuals(parents).astype(float)):
        covariance = sounds.T @ sounds
        covariance += noise[row] * np.trace(covariance) * np.eye(30)
        expected = -length[row] * (genes.T @ sounds @ np.linalg.solve(covariance, parent))
        steps = ensemble.steps(synth.residuals(parents), np.random.default_rng(3))
        assert steps[row] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_steps_go_to_the_target_of_a_linear_synth():
    synth = Linear()
    ensemble, _ = ensemble_of(synth, 200)
    parents = np.random.default_rng(2).random((300, 20))
    children = parents + ensemble.steps(synth.residuals(parents), np.random.default_rng(4))
    nearer = synth.scores(children) / synth.scores(parents)
    assert np.median(nearer) < 0.6
    assert nearer.min() < 0.1


def test_it_keeps_the_nearest_that_were_heard_and_each_once():
    synth = Linear()
    genotypes = np.random.default_rng(1).random((MOST + 200, 20))
    residuals = synth.residuals(genotypes)
    residuals[::5] = np.nan
    ensemble = Ensemble(20)
    for part in np.array_split(np.arange(len(genotypes)), 7):
        for _ in range(2):
            ensemble.add(genotypes[part], synth.scores(genotypes[part]), residuals[part])
    rendered = genotypes[np.isfinite(residuals).all(axis=1)]
    nearest = rendered[np.argsort(synth.scores(rendered)[:, 0])[:MOST]]
    assert len(ensemble) == MOST
    assert np.array_equal(ensemble._genotypes, nearest)


def test_without_anything_to_learn_from_it_stays():
    ensemble = Ensemble(4)
    rng = np.random.default_rng(0)
    assert not ensemble.steps(np.ones((3, 2), np.float16), rng).any()
    same = np.full((9, 4), 0.5) + 0.01 * np.arange(9)[:, None]
    ensemble.add(same, np.ones((9, 1)), np.ones((9, 2), np.float16))
    assert not ensemble.steps(np.ones((3, 2), np.float16), rng).any()


@pytest.mark.parametrize("cls", [Portfolio, Auto])
def test_residuals_save_most_of_the_renders_where_they_are_linear(cls):
    synth = Linear()

    def nearest(*, with_residuals):
        found = []
        for seed in range(3):
            optimizer, best = cls(subspace_of("c" * 20), 1, seed=seed, budget=400), []
            for _ in range(18):
                genotypes = optimizer.ask()
                scores = synth.scores(genotypes)
                more = {"residuals": synth.residuals(genotypes)} if with_residuals else {}
                optimizer.tell(genotypes, scores, **more)
                best.append(scores.min())
            found.append(min(best))
        return np.median(found)

    assert nearest(with_residuals=True) < 0.5 * nearest(with_residuals=False)
