"""The search loop, its log and its archive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymoo.indicators.hv import HV
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from threadpoolctl import threadpool_info, threadpool_limits

from patchwright.search import (
    NSGA2,
    OPTIMIZERS,
    Archive,
    Budget,
    EvaluationLog,
    Evaluations,
    RandomSearch,
    SearchError,
    calibrate,
    run,
)
from patchwright.synths import Parameter, ParameterSpace

CONTINUOUS = {"kind": "continuous", "default": 0.5}
SPACE = ParameterSpace(
    (
        *(Parameter(name=f"x{i}", **CONTINUOUS) for i in range(4)),
        Parameter(name="k", kind="categorical", choices=("a", "b", "c"), default="a"),
    )
)
SUBSPACE = SPACE.lock()
QUICK = ("random", "nsga2", "cmaes")  # test_conformance.py has all


class Problem:
    """Two objectives; renders fail where the first coordinate is below `failing`."""

    def __init__(self, failing=0.0):
        self.failing = failing
        self.rendered = []

    def __call__(self, genotypes):
        self.rendered.append(SUBSPACE.decode(genotypes))
        near = ((genotypes[:, :4] - 0.2) ** 2).sum(axis=1)
        far = ((genotypes[:, :4] - 0.8) ** 2).sum(axis=1) + np.floor(genotypes[:, 4] * 3)
        scores = np.stack([near, far], axis=1)
        failed = genotypes[:, 0] < self.failing
        scores[failed] = np.nan
        return Evaluations(
            genotypes, scores, np.where(failed, 4, 0).astype(np.int8), np.zeros(len(genotypes))
        )

    @property
    def renders(self):
        return sum(len(batch) for batch in self.rendered)


def search(problem, method="nsga2", log=None, seed=0, **budget):
    calibration = calibrate(problem, SUBSPACE, 40, np.random.default_rng(seed), log=log)
    optimizer = OPTIMIZERS[method](SUBSPACE, 2, seed=seed, initial=calibration.best(40))
    return run(problem, optimizer, Budget(**budget), calibration=calibration, log=log)


def bits(result):
    return (
        result.archive.genotypes.tobytes(),
        result.archive.scores.tobytes(),
        [(g.number, g.renders, g.best.tobytes(), g.distance) for g in result.history],
        result.stopped,
        dict(result.statuses),
    )


@pytest.mark.parametrize("method", QUICK)
def test_the_budget_of_renders_is_spent_to_the_last(method):
    problem = Problem()
    result = search(problem, method, renders=333)
    assert problem.renders == 333
    assert result.history[-1].renders == 333
    assert "333" in result.stopped


def test_nothing_is_rendered_twice():
    problem = Problem()
    search(problem, renders=400)
    rendered = np.concatenate(problem.rendered)
    assert len(np.unique(rendered, axis=0)) == len(rendered) == 400


def test_other_budgets():
    assert search(Problem(), generations=7).history[-1].number == 7
    assert "patience" not in search(Problem(), patience=5).stopped
    assert "no better answer" in search(Problem(), patience=5).stopped
    assert "s is spent" in search(Problem(), seconds=0.05).stopped
    for wrong in ({}, {"renders": 0}, {"seconds": -1.0}):
        with pytest.raises(SearchError):
            Budget(**wrong)


def test_a_small_space_ends_when_all_is_known():
    space = ParameterSpace((Parameter(name="b", kind="boolean", default=False),))
    subspace = space.lock()

    def evaluate(genotypes):
        zeros = np.zeros(len(genotypes))
        return Evaluations(genotypes, genotypes[:, :1], zeros.astype(np.int8), zeros)

    result = run(evaluate, RandomSearch(subspace, 1, seed=0), Budget(renders=100))
    assert result.history[-1].renders == 2
    assert "no new preset" in result.stopped


@pytest.mark.parametrize("method", QUICK)
def test_failed_renders_are_penalised_and_never_the_answer(method):
    problem = Problem(failing=0.3)
    told = []
    calibration = calibrate(problem, SUBSPACE, 40, np.random.default_rng(0))
    optimizer = OPTIMIZERS[method](SUBSPACE, 2, seed=0)
    tell = optimizer.tell
    optimizer.tell = lambda genotypes, scores, **details: (
        told.append((genotypes, scores)),
        tell(genotypes, scores, **details),
    )
    result = run(problem, optimizer, Budget(renders=400), calibration=calibration)
    genotypes, scores = (np.concatenate(part) for part in zip(*told, strict=True))
    failed = genotypes[:, 0] < 0.3
    assert 0 < result.statuses[4] < 400
    assert np.isfinite(scores).all()
    best_penalty, typical = scores[failed].min(axis=0), np.median(scores[~failed], axis=0)
    assert (best_penalty > typical + 1).all()
    assert result.genotype[0] >= 0.3


def test_all_random_presets_failing_is_said():
    with pytest.raises(SearchError, match="None of 40 random presets"):
        search(Problem(failing=1.1), renders=100)


@pytest.mark.parametrize("method", QUICK)
def test_resuming_from_any_generation_gives_the_same_bits(method, tmp_path):
    names = (SUBSPACE.names, ("near", "far"))
    whole = search(Problem(0.1), method, EvaluationLog(tmp_path / "a", *names), renders=300)
    files = sorted((tmp_path / "a").iterdir())
    for kept in (0, 1, 2, len(files) // 2, len(files)):
        folder = tmp_path / f"kept{kept}"
        log = EvaluationLog(folder, *names)
        for file in files[:kept]:
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "000099.part").write_bytes(b"half a file")
        problem = Problem(0.1)
        assert bits(search(problem, method, log, renders=300)) == bits(whole)
        assert problem.renders == 300 - whole.history[kept - 1].renders * (kept > 0)
        logged = {f.name: f.read_bytes() for f in folder.glob("*.parquet")}
        assert set(logged) == {f.name for f in files}


def test_the_bits_do_not_depend_on_the_threads_of_lapack():
    subspace = ParameterSpace(
        tuple(Parameter(name=f"x{i}", **CONTINUOUS) for i in range(60))
    ).lock()
    mixing = np.random.default_rng(0).normal(size=(60, 320))
    seen = []

    def evaluate(genotypes):
        seen.append({i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"})
        residuals = (genotypes - 0.4) @ mixing
        scores = np.abs(residuals).mean(axis=1, keepdims=True)
        n = len(genotypes)
        nothing = np.zeros(n)
        return Evaluations(
            genotypes,
            scores,
            nothing.astype(np.int8),
            nothing,
            residuals=residuals.astype(np.float16),
        )

    def found(threads):
        with threadpool_limits(threads, user_api="blas"):
            optimizer = OPTIMIZERS["portfolio"](subspace, 1, seed=0)
            return run(evaluate, optimizer, Budget(renders=1_000)).archive.genotypes

    assert found(2).tobytes() == found(1).tobytes()
    assert set.union(*seen) == {1}


def test_a_log_of_another_search_or_a_damaged_one_is_refused(tmp_path):
    log = EvaluationLog(tmp_path, SUBSPACE.names, ("near", "far"))
    search(Problem(), log=log, renders=150)
    with pytest.raises(SearchError, match="another search"):
        search(Problem(), log=log, renders=150, seed=1)
    (tmp_path / "000001.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(SearchError, match="damaged"):
        search(Problem(), log=log, renders=150)
    other = EvaluationLog(tmp_path, SUBSPACE.names, ("mss",))
    with pytest.raises(SearchError, match="another search"):
        other.read(0)


scores = arrays(float, st.tuples(st.integers(1, 60), st.integers(1, 4)), elements=st.integers(0, 6))


@given(scores, st.integers(1, 7))
def test_the_archive_keeps_what_pymoo_calls_non_dominated(scores, batches):
    archive = Archive(1, scores.shape[1])
    genotypes = np.arange(len(scores), dtype=float)[:, np.newaxis]
    for piece in np.array_split(np.arange(len(scores)), batches):
        archive.add(genotypes[piece], scores[piece])
    front = NonDominatedSorting().do(scores, only_non_dominated_front=True)
    expected = np.unique(scores[front], axis=0)
    assert np.array_equal(np.unique(archive.scores, axis=0), expected)
    assert len(archive) == len(expected)
    earliest = [np.flatnonzero((scores == row).all(axis=1))[0] for row in archive.scores]
    assert archive.genotypes[:, 0].tolist() == earliest


def test_hypervolume_answer_and_spread():
    archive = Archive(1, 2)
    points = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.05], [1.5, 0.01], [0.3, 0.6]])
    archive.add(np.arange(5.0)[:, np.newaxis], np.vstack([points, [np.nan, 0]])[:5])
    assert len(archive) == 5
    inside = points[(points < 1).all(axis=1)]
    assert archive.hypervolume() == pytest.approx(HV(ref_point=np.ones(2))(inside))
    assert archive.genotypes[archive.answer(), 0] == np.argmin((points**2).sum(axis=1))
    spread = archive.spread(3)
    assert spread[0] == archive.answer()
    assert len(set(spread.tolist())) == 3
    assert 3 in archive.genotypes[spread, 0]  # the farthest
    assert sorted(archive.spread(99).tolist()) == [0, 1, 2, 3, 4]
    near = archive.nearest(2)
    assert archive.distances()[near].tolist() == sorted(archive.distances())[:2]
    last = archive.nearest(99)[-1]
    spread = archive.spread(3, first=(last, near[0]))
    assert spread[:2].tolist() == [last, near[0]]
    gaps = [np.square(archive.scores - archive.scores[place]).sum(axis=1) for place in spread[:2]]
    assert spread[2] == np.argmax(np.minimum(*gaps))


def test_nothing_better_than_random_has_no_hypervolume():
    archive = Archive(1, 2)
    archive.add(np.zeros((1, 1)), np.array([[1.2, 0.1]]))
    assert archive.hypervolume() == 0.0


def test_scores_are_told_in_units_of_random_presets():
    problem = Problem()
    calibration = calibrate(problem, SUBSPACE, 100, np.random.default_rng(0))
    raw = problem(calibration.evaluations.genotypes).scores
    assert np.array_equal(calibration.scales, np.median(raw, axis=0))
    best = calibration.best(3)
    mean = (raw / calibration.scales).mean(axis=1)
    assert np.array_equal(best[0], calibration.evaluations.genotypes[np.argmin(mean)])
    result = run(
        problem, NSGA2(SUBSPACE, 2, seed=0), Budget(generations=3), calibration=calibration
    )
    unscaled = result.archive.scores * calibration.scales
    assert problem(result.archive.genotypes).scores == pytest.approx(unscaled)


def test_weights_decide_what_the_answer_is_and_what_is_told():
    problem = Problem()
    answers, told = [], []
    for weights in ([1.0, 1.0], [100.0, 1.0], [1.0, 100.0]):
        calibration = calibrate(
            problem, SUBSPACE, 100, np.random.default_rng(0), weights=np.array(weights)
        )
        assert calibration.weights.mean() == pytest.approx(1)
        optimizer = OPTIMIZERS["cmaes"](SUBSPACE, 2, seed=0, initial=calibration.best(100))
        tell = optimizer.tell
        optimizer.tell = lambda X, F, tell=tell, **_: (told.append((X, F)), tell(X, F))
        found = run(problem, optimizer, Budget(renders=600), calibration=calibration)
        answers.append(found.genotype[:4].mean())
    even, near, far = answers
    assert near < 0.25 < even < 0.6 < far  # the objectives' optima are 0.2 and 0.8
    genotypes, scores = told[-1]
    scaled = problem(genotypes).scores / calibration.scales
    assert scores == pytest.approx(scaled * calibration.weights)


def test_initial_presets_are_rendered_and_give_no_units():
    problem = Problem()
    start = np.array([[0.2, 0.2, 0.2, 0.2, 0.1]])
    rng = np.random.default_rng(0)
    calibration = calibrate(problem, SUBSPACE, 40, rng, initial=start)
    plain = calibrate(problem, SUBSPACE, 40, np.random.default_rng(0))
    assert np.array_equal(calibration.scales, plain.scales)
    assert len(calibration.evaluations) == calibration.random + 1 == 41
    found = run(problem, NSGA2(SUBSPACE, 2, seed=0), Budget(generations=1), calibration=calibration)
    assert found.archive.scores.min(axis=0)[0] < 1e-12


def test_a_search_ends_at_the_noise_floor():
    problem = Problem()
    calibration = calibrate(problem, SUBSPACE, 40, np.random.default_rng(0))
    budget, floor = Budget(renders=5_000), np.array([0.4, 0.8])
    found = run(problem, NSGA2(SUBSPACE, 2, seed=0), budget, calibration=calibration, floor=floor)
    assert "the noise can tell" in found.stopped
    assert found.history[-1].renders < 5_000
    answer = found.archive.scores[found.archive.answer()] * calibration.scales
    assert (answer <= floor).all()
