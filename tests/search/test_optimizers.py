"""Properties of single optimizers beyond the contract."""

import inspect
import itertools

import cmaes
import numpy as np
import pytest

from patchwright.search import (
    CMAES,
    DE,
    GA,
    LSHADE,
    NSGA2,
    NSGA3,
    OPTIMIZERS,
    SMSEMOA,
    Budget,
    CatCMA,
    COMOCatCMA,
    DeapNSGA2,
    Evaluations,
    Optimizer,
    SearchError,
    run,
)
from patchwright.search.optimizers.evolution_strategy import distribution
from tests.search.spaces import distance_to, drive, subspace_of


def sphere(genotypes):
    return ((genotypes - 0.37) ** 2).sum(axis=1, keepdims=True)


def flat(genotypes):
    return np.ones((len(genotypes), 1))


def least(optimizer, scores, renders):
    def evaluate(genotypes):
        nothing = np.zeros(len(genotypes))
        return Evaluations(genotypes, scores(genotypes), nothing.astype(np.int8), nothing)

    return run(evaluate, optimizer, Budget(renders=renders)).history[-1].best[0]


REACHED = {
    "random": (2000, 0.05, 0.5),
    "sobol": (2000, 0.05, 0.5),
    "nsga2": (2000, 0.0, 2e-3),  # eight seeds: 4e-4 to 1.3e-3
    "nsga3": (2000, 0.0, 5e-3),
    "sms_emoa": (2000, 0.0, 2e-3),
    "deap_nsga2": (2000, 0.0, 5e-3),
    "optuna_nsga2": (400, 0.0, 0.2),
    "ga": (2000, 0.0, 1e-3),
    "de": (2000, 0.0, 5e-3),
    "lshade": (2000, 0.0, 5e-3),
    "cmaes": (2000, 0.0, 1e-10),
    "catcma": (2000, 0.0, 1e-10),
    "optuna_cmaes": (400, 0.0, 5e-3),
    "mo_cmaes": (2000, 0.0, 0.1),
    "tpe": (200, 0.0, 0.05),
}


@pytest.mark.parametrize("name", REACHED)
def test_what_a_sphere_of_ten_parameters_takes(name):
    renders, low, high = REACHED[name]
    optimizer = OPTIMIZERS[name](subspace_of("c" * 10), 1, seed=1)
    assert low <= least(optimizer, sphere, renders) < high


@pytest.mark.parametrize("name", ["nsga2", "nsga3", "sms_emoa", "deap_nsga2", "mo_cmaes"])
def test_many_objectives_give_a_front_between_their_best_points(name):
    subspace = subspace_of("c" * 6)
    points = np.array([[0.3] * 6, [0.7] * 6])
    asked = drive(OPTIMIZERS[name](subspace, 2, seed=1), distance_to(points), 60)
    last = distance_to(points)(np.concatenate(asked[-10:]))
    near = last[np.sqrt(last).sum(axis=1) < 0.45]  # 0.4 on the front itself
    assert len(near) > 30
    assert (near.max(axis=0) > 0.09).all()


def test_options_are_keywords_with_defaults():
    """The options of a config are checked against them."""
    for cls in OPTIMIZERS.values():
        parameters = inspect.signature(cls).parameters
        assert list(parameters)[:4] == ["subspace", "n_objectives", "seed", "initial"]
        for option in list(parameters.values())[2:]:
            assert option.kind is inspect.Parameter.KEYWORD_ONLY
            assert option.name == "seed" or option.default is not inspect.Parameter.empty
        assert not cls.__doc__.startswith(cls.__name__ + "(")  # a dataclass's own


@pytest.mark.parametrize(
    ("cls", "options", "mend"),
    [
        (NSGA3, {"population": 4}, "population for 5 objectives must be at least 5"),
        (DeapNSGA2, {"population": 10}, "multiple of 4"),
        (CMAES, {"restarts": "often"}, "one of elite, ipop, bipop, none"),
        (CMAES, {"sigma": 0.0}, "sigma must be above 0"),
        (CatCMA, {"elite": 2.0}, "elite must be above 0"),
        (GA, {"crossover": "uniform"}, "one of blend, sbx, two_point"),
        (DE, {"crossover": 1.5}, "crossover must be above 0"),
        (COMOCatCMA, {}, "two objectives"),
    ],
)
def test_wrong_options_are_refused_with_the_mend(cls, options, mend):
    with pytest.raises(SearchError, match=mend):
        cls(subspace_of("cccc"), 5, seed=0, **options)


@pytest.mark.parametrize("cls", [NSGA2, NSGA3, SMSEMOA, DeapNSGA2])
def test_genetic_algorithms_mutate_categories_evenly(cls):
    """Starting from one category, both others are equally frequent."""
    subspace = subspace_of("kkkkkkkk")
    initial = np.full((40, 8), 0.5 / 3)
    options = {"initial": initial, "population": 40}
    optimizer = cls(subspace, 2, seed=0, **options)
    found = np.concatenate(drive(optimizer, lambda x: np.zeros((len(x), 2)), 60)[1:])
    shares = np.bincount(np.floor(found * 3).astype(int).ravel(), minlength=3) / found.size
    assert shares[1] / shares[2] == pytest.approx(1, abs=0.35)
    assert shares[1:].sum() > 0.05


def test_cmaes_starts_again_when_it_has_collapsed():
    asked = drive(CMAES(subspace_of("cc"), 1, seed=0), sphere, 300)
    spread = np.array([generation.std() for generation in asked])
    collapsed = np.flatnonzero(spread < 1e-3)
    assert len(collapsed)
    assert spread[collapsed[0] :].max() > 0.1


@pytest.mark.parametrize("cls", [CMAES, CatCMA])
def test_it_starts_again_where_it_makes_no_progress(cls):
    """It restarts around one of the best initial genotypes."""
    initial = np.full((20, 4), 0.9)
    optimizer = cls(subspace_of("cccc"), 1, seed=0, initial=initial, sigma=0.01)
    asked = drive(optimizer, flat, 100)
    centres = np.array([generation.mean() for generation in asked])
    assert np.abs(centres[-60:] - 0.9).min() < 0.02


@pytest.mark.parametrize("progress", [0.05, 0.0])
def test_only_the_library_ends_a_distribution_whose_progress_is_not_watched(progress):
    rng = np.random.default_rng(0)
    optimizer = CMAES(subspace_of("cccc"), 1, seed=0, progress=progress, restarts="none")
    asked = drive(optimizer, lambda genotypes: rng.random((len(genotypes), 1)), 100)
    assert len(asked) < 60 if progress else len(asked) == 100


def test_ipop_doubles_the_population_and_none_stops():
    subspace = subspace_of("cc")
    growing = CMAES(subspace, 1, seed=0, restarts="ipop")
    sizes = [len(asked) for asked in drive(growing, flat, 60)]
    assert sorted(set(sizes)) == [6, 12, 24, 48]
    assert sizes == sorted(sizes)
    stopping = CMAES(subspace, 1, seed=0, restarts="none")
    assert 10 < len(drive(stopping, flat, 1000)) < 100
    assert "no more progress" in stopping.stopped()


def test_bipop_spends_as_much_on_small_populations_as_on_large_ones():
    optimizer = CMAES(subspace_of("cc"), 1, seed=0, restarts="bipop")
    sizes = [len(asked) for asked in drive(optimizer, flat, 400)]
    assert {6, 12, 24} <= set(sizes)
    assert any(a > b for a, b in itertools.pairwise(sizes))
    spent = optimizer._evaluations
    assert sum(spent.values()) == sum(sizes)
    assert 0.5 < spent["small"] / spent["large"] < 1.5


def rastrigin(genotypes):
    x = genotypes * 10.24 - 5.12 - 1.3
    waves = x**2 - 10 * np.cos(2 * np.pi * x) + 10
    return waves.sum(axis=1, keepdims=True)


def test_larger_populations_find_the_deepest_of_many_valleys():
    best = {
        restarts: np.median(
            [
                least(CMAES(subspace_of("ccccc"), 1, seed=s, restarts=restarts), rastrigin, 6000)
                for s in range(2)
            ]
        )
        for restarts in ("elite", "ipop")
    }
    assert best["ipop"] < 1.1
    assert best["ipop"] <= best["elite"]


def test_warm_starts_equal_the_library_and_hold_in_many_dimensions():
    genotypes = np.random.default_rng(0).random((12, 30))
    known = [(row, 0.0) for row in genotypes]
    for ours, theirs in zip(
        distribution(genotypes), cmaes.get_warm_start_mgd(known, gamma=1.0, alpha=0.1), strict=True
    ):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    for cls in (CMAES, CatCMA):
        optimizer = cls(subspace_of("c" * 300), 1, seed=0, initial=np.full((20, 300), 0.4))
        assert 0.05 < np.std(optimizer.ask() - 0.4) < 0.2


def test_catcma_keeps_levels_alive_where_cmaes_freezes():
    """The best has level 7 of 10 for four integers, and the second of three categories for four."""
    subspace = subspace_of("iiiikkkk")

    def scores(genotypes):
        levels = np.floor(genotypes[:, :4] * 10)
        wrong = np.abs(genotypes[:, 4:] - 0.5) > 1e-9
        return ((levels - 7) ** 2).sum(axis=1, keepdims=True) + 10 * wrong.sum(1, keepdims=True)

    found = [least(CatCMA(subspace, 1, seed=s), scores, 1500) for s in range(1)]
    assert found == [0]


def test_lshade_shrinks_linearly_to_four():
    optimizer = LSHADE(subspace_of("c" * 5), 1, seed=0, population=40, budget=1000)
    asked = drive(optimizer, sphere, 200)
    evaluated = np.cumsum([len(generation) for generation in asked])
    sizes = [len(generation) for generation in asked[1:]]
    expected = [max(4, round(40 - 36 * min(1, n / 1000))) for n in evaluated[:-1]]
    assert sizes == expected
    assert sizes[-1] == 4


def test_lshade_learns_the_lehmer_mean_of_what_was_better():
    """Equation (3) of `LSHADE`, after one generation."""
    optimizer = LSHADE(subspace_of("c" * 5), 1, seed=0, population=30, budget=3000)
    parents = optimizer.ask()
    optimizer.tell(parents, sphere(parents))
    second = optimizer.ask()
    weights, crossovers = optimizer._F.copy(), optimizer._CR.copy()
    gain = (sphere(parents) - sphere(second))[:, 0]
    optimizer.tell(second, sphere(second))
    better = gain > 0
    assert 3 < better.sum() < 30
    for memory, used in ((optimizer._weights, weights), (optimizer._crossovers, crossovers)):
        share = gain[better] / gain[better].sum()
        mean = (share * used[better] ** 2).sum() / (share * used[better]).sum()
        assert memory[0] == pytest.approx(mean)
        assert (memory[1:] == 0.5).all()
    members = np.where(better[:, None], second, parents)
    assert np.isin(optimizer._members, members).all()
    assert len(optimizer._archive) == better.sum()


def test_lshade_beats_de_where_few_genes_matter_at_once():
    subspace = subspace_of("c" * 10)
    ours = [least(LSHADE(subspace, 1, seed=s, budget=6000), rastrigin, 6000) for s in range(3)]
    plain = [least(DE(subspace, 1, seed=s, population=100), rastrigin, 6000) for s in range(3)]
    assert np.median(ours) < np.median(plain)


def test_a_new_optimizer_needs_no_more_than_ask_and_tell():
    """A class with its own constructor, as another package may write it."""

    class Centre(Optimizer):
        def __init__(self, subspace, n_objectives, *, seed, initial=None, spread=0.1):
            super().__init__(subspace, n_objectives, seed=seed, initial=initial)
            self.spread = spread

        def _ask(self):
            return 0.5 + self.spread * (self._rng.random((7, len(self.subspace))) - 0.5)

        def _tell(self, told):
            self.told = told.scores

    optimizer = Centre(subspace_of("ck"), 1, seed=0, spread=0.2)
    asked = drive(optimizer, sphere, 3)
    assert np.ptp(asked[0][:, 0]) < 0.2
    assert (asked[0][:, 1] == 0.5).all()
    assert np.array_equal(optimizer.told, sphere(asked[-1]))
