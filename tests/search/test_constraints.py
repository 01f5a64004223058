"""Constraints on descriptors, scores that optimizers get by them, and presets that differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from patchwright.search import (
    OPTIMIZERS,
    Budget,
    DescriptorAxis,
    DescriptorSpace,
    Elites,
    EvaluationLog,
    Evaluations,
    SearchError,
    calibrate,
    run,
)
from tests.search.spaces import subspace_of

SUBSPACE = subspace_of("ccck")
INFINITE = {"least": -np.inf, "greatest": np.inf}


def constrained(**bounds):
    """A space of two descriptors, with bounds; see `problem`."""
    columns = (
        {"name": "low", "low": 0.0, "high": 1.0},
        {"name": "high", "unit": "Hz", "low": 1.0, "high": 10.0, "logarithmic": True},
    )
    axes = (
        DescriptorAxis(**c, **dict(zip(INFINITE, bounds.get(c["name"], ()), strict=False)))
        for c in columns
    )
    return DescriptorSpace(tuple(axes))


def problem(genotypes):
    """Evaluate: the target has all coordinates at 0.2; renders fail where the third is below 0.1.

    `low` is the first coordinate, and `high` is 10 to the power of the second, in Hz.
    """
    near = ((genotypes[:, :3] - 0.2) ** 2).sum(axis=1)
    failed = genotypes[:, 2] < 0.1
    scores = np.where(failed[:, None], np.nan, np.stack([near, near + genotypes[:, 3]], axis=1))
    descriptors = np.stack([genotypes[:, 0], 10 ** genotypes[:, 1]], axis=1)
    descriptors[failed] = np.nan
    return Evaluations(
        genotypes, scores, failed.astype(np.int8), np.zeros(len(genotypes)), descriptors
    )


def search(method, descriptors, *, renders=300, log=None, told=None, evaluate=problem):
    rng = np.random.default_rng(0)
    calibration = calibrate(evaluate, SUBSPACE, 30, rng, descriptors=descriptors, log=log)
    optimizer = OPTIMIZERS[method](SUBSPACE, 2, seed=1, initial=calibration.best(30))
    if told is not None:
        tell = optimizer.tell
        optimizer.tell = lambda X, F, **rest: (told.append((X, F)), tell(X, F, **rest))
    return run(evaluate, optimizer, Budget(renders=renders), calibration=calibration, log=log)


@pytest.mark.parametrize("method", ["random", "nsga2", "cmaes", "de", "tpe"])
def test_every_method_ends_within_the_constraints_beside_the_target(method):
    descriptors = constrained(low=(0.5, 0.7), high=(4.0, np.inf))
    renders = 90 if method == "tpe" else 600
    found = search(method, descriptors, renders=renders)
    measured = problem(found.archive.genotypes).descriptors
    assert (descriptors.violation(measured) == 0).all()
    assert ((measured[:, 0] >= 0.5) & (measured[:, 0] <= 0.7) & (measured[:, 1] >= 4)).all()
    assert 0 < found.infeasible < renders
    best = np.array([0.5, np.log10(4.0), 0.2])
    reached = np.abs(found.genotype[:3] - best).max()
    assert reached < (0.3 if method in ("random", "tpe") else 0.2)
    assert found.history[-1].best == pytest.approx(
        problem(found.archive.genotypes).scores.min(axis=0)
    )


@pytest.mark.parametrize("method", ["random", "nsga2"])
def test_optimizers_are_told_by_debs_rule(method):
    told = []
    descriptors = constrained(low=(0.3, 0.7), high=(1.0, 4.0))
    search(method, descriptors, told=told)
    for genotypes, scores in told:
        new = problem(genotypes)
        violation = descriptors.violation(new.descriptors)
        failed, feasible = new.status != 0, violation == 0
        outside = ~failed & ~feasible
        if not (failed.any() and feasible.any() and outside.sum() > 1):
            continue
        worst = scores[feasible].max(axis=0)
        assert (scores[outside] > worst + 0.9).all()
        order = np.argsort(violation[outside])
        assert (np.diff(scores[outside][order], axis=0) > 0).all()
        assert (scores[failed].min(axis=0) >= scores[outside].max(axis=0)).all()


def test_without_constraints_nothing_of_a_search_changes():
    """Descriptors that are only measured, and none at all, give the same bits."""
    plain = search("nsga2", DescriptorSpace(), evaluate=lambda X: without(problem(X)))
    measured = search("nsga2", constrained())
    assert plain.archive.genotypes.tobytes() == measured.archive.genotypes.tobytes()
    assert plain.infeasible == measured.infeasible == 0
    assert plain.elites is measured.elites is None


def without(new):
    return Evaluations(new.genotypes, new.scores, new.status, new.seconds)


def test_the_search_starts_from_what_is_within_the_constraints():
    descriptors = constrained(low=(0.6, 1.0))
    rng = np.random.default_rng(0)
    calibration = calibrate(problem, SUBSPACE, 60, rng, descriptors=descriptors)
    plain = calibrate(problem, SUBSPACE, 60, np.random.default_rng(0))
    assert np.array_equal(calibration.scales, plain.scales)  # the unit is the random preset
    best = problem(calibration.best(60))
    violation = descriptors.violation(best.descriptors)
    failed = best.status != 0
    assert (np.diff(np.where(failed, 9.0, violation)) >= 0).all()
    within = best.scores[(violation == 0) & ~failed]
    assert len(within) > 5
    assert (np.diff((within / calibration.scales).mean(axis=1)) >= 0).all()


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ({"low": (1.5, np.inf)}, r"low at least 1.5 \(met by 0, nearest 0.9\d*\): loosen low, or"),
        ({"high": (20.0, 30.0)}, r"high 20 to 30 Hz \(met by 0, nearest 9.\d*\): loosen high"),
        (
            {"low": (0.5, np.inf), "high": (-np.inf, 0.1)},
            r"low at least 0.5 \(met by \d\d+\), high at most 0.1 Hz \(met by 0, .*: loosen high,",
        ),
    ],
)
def test_what_is_never_within_the_constraints_is_told(bounds, sentence):
    with pytest.raises(SearchError, match=r"None of \d+ presets is within .*" + sentence):
        search("nsga2", constrained(**bounds), renders=120)


def test_constraints_that_are_met_only_one_by_one_are_told_too():
    axes = (DescriptorAxis(name="a", least=0.5), DescriptorAxis(name="b", greatest=0.4))
    descriptors = DescriptorSpace(axes)

    def evaluate(genotypes):
        new = problem(genotypes)
        return Evaluations(
            genotypes, new.scores, new.status, new.seconds, new.descriptors[:, [0, 0]]
        )

    with pytest.raises(SearchError, match="loosen one of them"):
        search("random", descriptors, renders=80, evaluate=evaluate)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_resumed_search_with_constraints_has_the_same_bits(kept, tmp_path):
    descriptors = constrained(low=(0.5, 0.7))
    names = (SUBSPACE.names, ("near", "far"), descriptors.names)

    def bits(folder):
        found = search("nsga2", descriptors, log=EvaluationLog(folder, *names))
        return found.archive.genotypes.tobytes(), found.infeasible, len(found.history)

    whole = bits(tmp_path / "whole")
    (tmp_path / "cut").mkdir()
    for file in sorted((tmp_path / "whole").iterdir())[:kept]:
        (tmp_path / "cut" / file.name).write_bytes(file.read_bytes())
    assert bits(tmp_path / "cut") == whole


def test_logs_with_and_without_descriptors(tmp_path):
    new = problem(SUBSPACE.sample(9, np.random.default_rng(0)))
    names = SUBSPACE.names, ("near", "far")
    described = EvaluationLog(tmp_path / "a", *names, ("low", "high"))
    described.write(0, new, 1.0)
    described.write(1, new[:0], 1.0)
    read, _ = described.read(0)
    assert np.array_equal(read.descriptors, new.descriptors, equal_nan=True)
    assert described.read(1)[0].descriptors.shape == (0, 2)
    assert EvaluationLog(tmp_path / "a", *names).read(0)[0].descriptors.shape == (9, 0)
    plain = EvaluationLog(tmp_path / "b", *names)
    plain.write(0, without(new), 1.0)
    assert plain.read(0)[0].descriptors.shape == (9, 0)
    with pytest.raises(SearchError, match="another search"):
        EvaluationLog(tmp_path / "b", *names, ("low", "high")).read(0)


finite = st.floats(-100, 100)


@given(arrays(float, 20, elements=finite), finite, finite)
def test_violation_is_zero_within_and_grows_outside(values, one, other):
    low, high = min(one, other), max(one, other) + 1.0
    bounded = DescriptorAxis(name="x", low=-50, high=50, least=low, greatest=high)
    violation = bounded.violation(values)
    assert ((violation == 0) == ((values >= low) & (values <= high))).all()
    outside = np.maximum(low - values, values - high).clip(min=0)
    assert violation == pytest.approx(outside / 100)
    assert bounded.violation(np.array([np.nan]))[0] != 0


def test_a_logarithmic_range_has_equal_steps_for_equal_ratios():
    octaves = DescriptorAxis(
        name="x", low=100, high=1600, logarithmic=True, least=0.0, greatest=400
    )
    assert octaves.place(np.array([100.0, 200, 400, 1600])) == pytest.approx([0, 0.25, 0.5, 1])
    assert octaves.violation(np.array([1e-3, 400, 800])) == pytest.approx([0, 0, 0.25])


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4))
def test_elites_are_the_nearest_of_each_cell_however_they_come(seed, n, batches):
    rng = np.random.default_rng(seed)
    places = rng.uniform(-0.2, 1.2, (n, 2)).round(1)
    scores = rng.integers(1, 5, (n, 2)).astype(float)
    genotypes = np.arange(n, dtype=float)[:, None]
    elites = Elites(1, 2, 2, weights=np.ones(2))
    for part in np.array_split(np.arange(n), batches):
        elites.add(genotypes[part], scores[part], places[part])
    cells = np.clip(np.floor(places * 16), 0, 15)
    distances = np.sqrt((scores**2).mean(axis=1))
    expected = set()
    for cell in np.unique(cells, axis=0):
        rows = np.flatnonzero((cells == cell).all(axis=1))
        expected.add(int(rows[np.argmin(distances[rows])]))
    assert set(elites.genotypes[:, 0].astype(int)) == expected
    spread = elites.spread(5, within=0.5)
    assert len(set(spread.tolist())) == len(spread) <= 5
    assert elites.distances[spread[0]] == distances.min()
    assert (elites.distances[spread] <= distances.min() + 0.5).all()
