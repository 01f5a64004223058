"""What every optimizer must do, run over the registry; and that adaptors equal their libraries."""

import cmaes
import numpy as np
import pytest
from pymoo.algorithms.moo.nsga2 import NSGA2 as PYMOO_NSGA2
from pymoo.core.termination import NoTermination
from pymoo.problems import get_problem

from search import CMAES, NSGA2, OPTIMIZERS, Budget, Evaluations, Optimizer, SearchError, run
from synths import Parameter, ParameterSpace


def space_of(kinds):
    made = {
        "c": {"kind": "continuous", "default": 0.5},
        "i": {"kind": "integer", "low": 0, "high": 9, "default": 3},
        "k": {"kind": "categorical", "choices": ("a", "b", "c"), "default": "a"},
        "b": {"kind": "boolean", "default": False},
    }
    return ParameterSpace(tuple(Parameter(name=f"x{i}", **made[k]) for i, k in enumerate(kinds)))


def distance_to(points):
    def scores(genotypes):
        return ((genotypes[:, np.newaxis] - points) ** 2).mean(axis=2)

    return scores


def drive(optimizer, scores, generations):
    asked = []
    for _ in range(generations):
        genotypes = optimizer.ask()
        if not len(genotypes):
            assert optimizer.stopped()
            break
        asked.append(genotypes)
        optimizer.tell(genotypes, scores(genotypes))
    return asked


@pytest.fixture(params=OPTIMIZERS)
def cls(request) -> type[Optimizer]:
    return OPTIMIZERS[request.param]


SPACES = ["c", "b", "cccccccccc", "kkkkbbbbii", "cikbcikb", "c" * 200]


@pytest.mark.parametrize("kinds", SPACES)
@pytest.mark.parametrize("m", [1, 2, 5])
def test_asks_are_genotypes_and_equal_for_equal_seeds(cls, kinds, m):
    subspace = space_of(kinds).lock()
    scores = distance_to(np.random.default_rng(0).random((m, len(subspace))))
    first = drive(cls(subspace, m, seed=3), scores, 6)
    again = drive(cls(subspace, m, seed=3), scores, 6)
    for one, other in zip(first, again, strict=True):
        assert one.ndim == 2
        assert one.shape[1] == len(subspace)
        assert ((one >= 0) & (one <= 1)).all()
        assert np.array_equal(one, other)
        subspace.decode(one)
    others = drive(cls(subspace, m, seed=4), scores, 1)
    assert kinds == "b" or not np.array_equal(first[0], others[0])


def test_global_random_state_is_neither_used_nor_changed(cls):
    subspace = space_of("cccc").lock()
    scores = distance_to(np.full((2, 4), 0.3))
    np.random.seed(1)  # noqa: NPY002
    first = drive(cls(subspace, 2, seed=3), scores, 4)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    again = drive(cls(subspace, 2, seed=3), scores, 4)
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))


@pytest.mark.parametrize("population", [2, 3, 17])
def test_population_is_kept(cls, population):
    optimizer = cls(space_of("cccc").lock(), 2, seed=0, population=population)
    asked = drive(optimizer, distance_to(np.array([[0.2] * 4, [0.7] * 4])), 5)
    assert [len(generation) for generation in asked] == [population] * 5


def test_initial_genotypes_are_where_it_starts(cls):
    subspace = space_of("c" * 8).lock()
    initial = np.full((5, 8), 0.83)
    asked = cls(subspace, 1, seed=0, initial=initial).ask()
    nearest = np.abs(asked - 0.83).mean(axis=1).min()
    assert nearest < 0.25
    elsewhere = cls(subspace, 1, seed=0, initial=1 - initial).ask()
    assert not np.array_equal(asked, elsewhere)


def test_misuse_is_refused_with_the_mend(cls):
    subspace = space_of("cccc").lock()
    optimizer = cls(subspace, 2, seed=0)
    with pytest.raises(SearchError, match="ask for genotypes first"):
        optimizer.tell(np.zeros((1, 4)), np.zeros((1, 2)))
    genotypes = optimizer.ask()
    with pytest.raises(SearchError, match="tell the scores"):
        optimizer.ask()
    with pytest.raises(SearchError, match="shape"):
        optimizer.tell(genotypes, np.zeros((len(genotypes), 3)))
    with pytest.raises(SearchError, match="unchanged"):
        optimizer.tell(genotypes[:-1], np.zeros((len(genotypes) - 1, 2)))
    with pytest.raises(SearchError, match="penalty"):
        optimizer.tell(genotypes, np.full((len(genotypes), 2), np.nan))
    optimizer.tell(genotypes, np.zeros((len(genotypes), 2)))
    with pytest.raises(SearchError, match="initial"):
        cls(subspace, 2, seed=0, initial=np.zeros((3, 5)))
    with pytest.raises(SearchError, match="population must be"):
        cls(subspace, 2, seed=0, population=0)
    with pytest.raises(SearchError, match="objective"):
        cls(subspace, 0, seed=0)


def test_flat_scores_do_not_break_it(cls):
    subspace = space_of("ccck").lock()
    asked = drive(cls(subspace, 1, seed=0), lambda x: np.zeros((len(x), 1)), 60)
    assert all(np.isfinite(generation).all() for generation in asked)


def sphere(genotypes):
    scores = ((genotypes - 0.37) ** 2).sum(axis=1, keepdims=True)
    nothing = np.zeros(len(genotypes))
    return Evaluations(genotypes, scores, nothing.astype(np.int8), nothing)


def test_better_than_random_on_a_sphere():
    subspace = space_of("c" * 10).lock()
    best = {
        name: run(sphere, cls(subspace, 1, seed=1), Budget(renders=2000)).history[-1].best[0]
        for name, cls in OPTIMIZERS.items()
    }
    assert best["cmaes"] < 1e-10
    assert best["nsga2"] < 1e-3
    assert best["random"] > 0.05


def test_cmaes_starts_again_when_it_has_collapsed():
    subspace = space_of("cc").lock()
    asked = drive(CMAES(subspace, 1, seed=0), lambda x: ((x - 0.4) ** 2).sum(1)[:, None], 300)
    spread = np.array([generation.std() for generation in asked])
    collapsed = np.flatnonzero(spread < 1e-3)
    assert len(collapsed)
    assert spread[collapsed[0] :].max() > 0.1


def test_cmaes_starts_again_where_it_makes_no_progress():
    """Around one of the best initial genotypes."""
    subspace = space_of("cccc").lock()
    initial = np.full((20, 4), 0.9)
    optimizer = CMAES(subspace, 1, seed=0, initial=initial, sigma=0.01)
    asked = drive(optimizer, lambda x: np.ones((len(x), 1)), 100)
    centres = np.array([generation.mean() for generation in asked])
    assert np.abs(centres[-60:] - 0.9).min() < 0.02


def test_cmaes_equals_the_library_given_the_same_points():
    """The adaptor only samples by itself: its distribution goes where `cmaes.CMA` goes."""
    subspace = space_of("c" * 6).lock()
    ours = CMAES(subspace, 1, seed=5, population=12)
    bare = cmaes.CMA(np.full(6, 0.5), 0.3, np.tile([0.0, 1.0], (6, 1)), population_size=12)
    for _ in range(40):
        genotypes = ours.ask()
        scores = ((genotypes - 0.3) ** 2 * np.arange(1, 7)).sum(axis=1)
        ours.tell(genotypes, scores[:, np.newaxis])
        bare.tell(list(zip(genotypes, scores.tolist(), strict=True)))
        assert np.array_equal(ours._cma.mean, bare.mean)
        assert ours._cma._sigma == bare._sigma


def test_cmaes_samples_the_distribution_of_the_library():
    subspace = space_of("c" * 3).lock()
    ours = CMAES(subspace, 1, seed=0, population=4000, sigma=0.05)
    bare = cmaes.CMA(np.full(3, 0.5), 0.05, population_size=4000, seed=1)
    covariance = np.diag([1.0, 4.0, 0.25]) + 0.3
    for cma in (ours._cma, bare):
        cma._C, cma._B, cma._D = covariance.copy(), None, None
    sampled = ours.ask()
    reference = np.array([bare.ask() for _ in range(4000)])
    assert np.cov(sampled.T) == pytest.approx(np.cov(reference.T), rel=0.15, abs=2e-4)
    assert np.cov(sampled.T) == pytest.approx(0.05**2 * covariance, rel=0.1, abs=2e-4)


@pytest.mark.parametrize("name", ["zdt1", "zdt2"])
def test_nsga2_has_the_same_bits_as_bare_pymoo(name):
    problem = get_problem(name, n_var=10)
    subspace = space_of("c" * 10).lock()
    start = subspace.sample(40, np.random.default_rng(0))
    ours = NSGA2(
        subspace, 2, seed=9, population=40, initial=start, crossover_eta=15, mutation_eta=20
    )
    bare = PYMOO_NSGA2(pop_size=40, sampling=start)
    bare.setup(problem, seed=9, termination=NoTermination())
    for _ in range(30):
        genotypes = ours.ask()
        population = bare.ask()
        assert np.array_equal(genotypes, population.get("X"))
        ours.tell(genotypes, problem.evaluate(genotypes))
        population.set("F", problem.evaluate(population.get("X")))
        bare.tell(infills=population)
