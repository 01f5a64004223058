"""The contract of optimizers, checked for every registered one."""

import random
import warnings

import numpy as np
import pytest
import rich.style  # noqa: F401 - draws a random number when pyribs imports it
import torch

from patchwright.search import (
    OPTIMIZERS,
    Budget,
    DescriptorAxis,
    DescriptorSpace,
    EvaluationLog,
    Evaluations,
    SearchError,
    calibrate,
    run,
)
from tests.needs import missing
from tests.search.spaces import distance_to, drive, subspace_of, tell

# small populations, and smaller ones where `ask` is slow
OPTIONS = {name: {"population": 8} for name in OPTIMIZERS}
OPTIONS["comocatcma"] = {"population": 4, "kernels": 3}
OPTIONS["tpe"] = {"population": 6, "startup": 6}
OPTIONS["gp"] = {"population": 2, "startup": 3}
GENERATIONS = dict.fromkeys(OPTIMIZERS, 4) | {"tpe": 2, "gp": 2, "optuna_cmaes": 2}
TWO_OBJECTIVES = {"comocatcma"}
LEAST = {"de": 4, "lshade": 4, "catcma": 4, "comocatcma": 4, "deap_nsga2": 4}
LEAST |= {"optuna_cmaes": 4, "cma_me": 8, "map_elites": 1}
OPTIONS["portfolio"] = {"population": 8, "batch": 8}
OPTIONS["auto"] = {}
OPTIONS["islands"] = {"exchange": 30, "options": {"nsga2": {"population": 8}}}
SLOW = {"gp", "tpe"}

SPACES = [
    ("c", 1),
    ("c", 2),
    ("b", 1),
    ("1k", 2),
    ("ib", 5),
    ("cccccccccc", 2),
    ("kkkkbbbbii", 2),
    ("cikbcikb1", 1),
    (("cikb" * 8)[:30], 5),
    ("c" * 30, 1),
    ("c" * 200, 2),
]


def made(name, subspace, m, *, seed=3, **options):
    if (mend := OPTIMIZERS[name].missing()) is not None:
        missing(mend)
    return OPTIMIZERS[name](subspace, m, seed=seed, **(OPTIONS[name] | options))


def global_state():
    numpy = np.random.get_state()[1].tobytes()  # noqa: NPY002
    return random.getstate(), numpy, torch.random.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize(("kinds", "m"), SPACES, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_asks_are_genotypes_and_equal_for_equal_seeds(name, kinds, m):
    subspace = subspace_of(kinds)
    scores = distance_to(np.random.default_rng(0).random((m, len(subspace))))
    if name in TWO_OBJECTIVES and m != 2:
        with pytest.raises(SearchError, match=r"two objectives, not \d: use"):
            made(name, subspace, m)
        return
    before, filters = global_state(), list(warnings.filters)
    first = drive(made(name, subspace, m), scores, GENERATIONS[name])
    assert global_state() == before
    assert warnings.filters == filters
    random.random()  # noqa: S311
    np.random.random()  # noqa: NPY002
    torch.rand(1)
    again = drive(made(name, subspace, m), scores, GENERATIONS[name])
    for one, other in zip(first, again, strict=True):
        assert one.dtype == np.float64
        assert one.flags.c_contiguous
        assert one.shape[1:] == (len(subspace),)
        assert ((one >= 0) & (one <= 1)).all()
        assert np.array_equal(one, subspace.encode(subspace.decode(one))) or "c" in kinds
        discrete = subspace.levels > 0
        bins = one[:, discrete] * subspace.levels[discrete] - 0.5
        assert np.abs(bins - np.rint(bins)).max(initial=0) < 1e-9  # centres of bins
        assert np.array_equal(one, other)
    if len(subspace) > 2:
        others = drive(made(name, subspace, m, seed=4), scores, 2)
        assert not np.array_equal(np.concatenate(first[:2]), np.concatenate(others))


@pytest.mark.parametrize("name", [n for n in OPTIMIZERS if "population" in OPTIONS[n]])
def test_population_is_kept_or_its_least_is_named(name):
    subspace = subspace_of("cccc")
    scores = distance_to(np.array([[0.2] * 4, [0.7] * 4]))
    least = LEAST.get(name, 1 if name in ("random", "sobol", "tpe", "gp") else 2)
    with pytest.raises(SearchError, match=f"population.* must be at least {least}, not"):
        made(name, subspace, 2, population=least - 1)
    for population in (least,) if name in SLOW else (least, 12):
        same = {"batch": population} if name == "portfolio" else {}
        asked = drive(made(name, subspace, 2, population=population, **same), scores, 3)
        if name == "comocatcma":  # with one centre of a kernel, the first with all others
            assert [len(generation) for generation in asked] == [population + 2] + [
                population + 1
            ] * 2
        else:
            assert [len(generation) for generation in asked] == [population] * 3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_initial_genotypes_are_where_it_starts(name):
    subspace = subspace_of("cccccccc")
    initial = 0.83 + 0.01 * np.random.default_rng(0).random((5, 8))
    asked = made(name, subspace, 2, initial=initial).ask()
    nearest = np.abs(asked - 0.83).mean(axis=1).min()
    assert nearest < 0.25
    elsewhere = made(name, subspace, 2, initial=1 - initial).ask()
    assert not np.array_equal(asked, elsewhere)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_misuse_is_refused_with_the_mend(name):
    subspace = subspace_of("cccc")
    optimizer = made(name, subspace, 2)
    with pytest.raises(SearchError, match="ask for genotypes first"):
        optimizer.tell(np.zeros((1, 4)), np.zeros((1, 2)))
    genotypes = optimizer.ask()
    with pytest.raises(SearchError, match="tell the scores"):
        optimizer.ask()
    with pytest.raises(SearchError, match="shape"):
        optimizer.tell(genotypes, np.zeros((len(genotypes), 3)))
    with pytest.raises(SearchError, match="unchanged"):
        optimizer.tell(genotypes[:-1], np.zeros((len(genotypes) - 1, 2)))
    for wrong in (np.nan, np.inf):
        with pytest.raises(SearchError, match="penalty"):
            optimizer.tell(genotypes, np.full((len(genotypes), 2), wrong))
    if optimizer.needs_descriptors:
        with pytest.raises(SearchError, match="such as brightness"):
            optimizer.tell(genotypes, np.zeros((len(genotypes), 2)))
    if optimizer.learns_from_residuals:
        wrong = np.zeros((len(genotypes) + 1, 3), np.float16)
        with pytest.raises(SearchError, match="residuals of the shape"):
            optimizer.tell(genotypes, np.zeros((len(genotypes), 2)), residuals=wrong)
    tell(optimizer, genotypes, np.zeros((len(genotypes), 2)))
    for initial in (np.zeros((3, 5)), np.zeros((0, 4)), np.full((2, 4), 1.1)):
        with pytest.raises(SearchError, match="initial"):
            made(name, subspace, 2, initial=initial)
    with pytest.raises(SearchError, match="at least one objective"):
        OPTIMIZERS[name](subspace, 0, seed=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_flat_scores_do_not_break_it(name):
    generations = 3 if name in SLOW else 25
    asked = drive(made(name, subspace_of("ccik"), 2), lambda x: np.zeros((len(x), 2)), generations)
    assert all(np.isfinite(generation).all() for generation in asked)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_search_has_the_bits_of_one_that_was_not_interrupted(name, tmp_path):
    subspace = subspace_of("cccik")
    near, far = np.full(5, 0.2), np.full(5, 0.8)
    rendered = []

    def evaluate(genotypes):
        rendered.append(len(genotypes))
        scores = distance_to(np.stack([near, far]))(genotypes)
        scores[genotypes[:, 0] < 0.1] = np.nan
        failed = np.isnan(scores[:, 0]).astype(np.int8)
        descriptors = np.where(failed[:, None], np.nan, genotypes[:, [0, 4]])
        residuals = np.where(failed[:, None], np.nan, genotypes - near).astype(np.float16)
        nothing = np.zeros(len(genotypes))
        return Evaluations(genotypes, scores, failed, nothing, descriptors, residuals)

    def search(folder):
        space = DescriptorSpace(tuple(DescriptorAxis(name=name, diverse=True) for name in "ab"))
        log = EvaluationLog(folder, subspace.names, ("near", "far"), space.names, residuals=5)
        rng = np.random.default_rng(0)
        calibration = calibrate(evaluate, subspace, 12, rng, descriptors=space, log=log)
        optimizer = made(name, subspace, 2, initial=calibration.best(12))
        budget = Budget(renders={"gp": 16, "tpe": 30}.get(name, 60))
        result = run(evaluate, optimizer, budget, calibration=calibration, log=log)
        return result.archive.genotypes.tobytes(), result.history[-1].renders, result.stopped

    whole = search(tmp_path / "whole")
    files = sorted((tmp_path / "whole").iterdir())
    folder = tmp_path / "cut"
    folder.mkdir()
    for file in files[: len(files) // 2]:
        (folder / file.name).write_bytes(file.read_bytes())
    rendered.clear()
    assert search(folder) == whole
    assert sum(rendered) < whole[1]
    assert {f.name: f.read_bytes() for f in folder.iterdir()}.keys() == {f.name for f in files}


@pytest.mark.parametrize("name", [n for n, cls in OPTIMIZERS.items() if cls.supports_categories])
def test_methods_for_categories_find_the_best_of_all_kinds(name):
    """Six categories, of which one combination is right, and two numbers."""
    subspace = subspace_of("kkkbbbcc")
    right = np.array([0.5, 0.5, 1 / 6, 0.25, 0.75, 0.75])

    def scores(genotypes):
        wrong = np.abs(genotypes[:, :6] - right) > 1e-9
        score = wrong.mean(axis=1) + ((genotypes[:, 6:] - 0.3) ** 2).mean(axis=1)
        return np.stack([score, score], axis=1)

    few = {"gp": {}, "auto": {}, "islands": {}, "tpe": {"population": 10}}
    options = few.get(name, {"population": 20})
    generations = {"gp": 6, "tpe": 12, "auto": 50, "islands": 50}.get(name, 20)
    asked = drive(made(name, subspace, 2, **options), scores, generations)
    best = scores(np.concatenate(asked)).min()
    assert best < (0.45 if name in ("random", "sobol", "gp") else 0.2)


@pytest.mark.parametrize("name", [n for n, cls in OPTIMIZERS.items() if not cls.multi_objective])
def test_methods_for_one_objective_look_at_the_mean(name):
    subspace = subspace_of("cccik")
    scores = distance_to(np.random.default_rng(0).random((3, 5)))
    several = drive(made(name, subspace, 3), scores, GENERATIONS[name])
    mean = drive(
        made(name, subspace, 1), lambda x: scores(x).mean(axis=1)[:, None], GENERATIONS[name]
    )
    assert np.array_equal(np.concatenate(several), np.concatenate(mean))
