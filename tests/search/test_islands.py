"""Several optimizers in turn, which share their best genotypes."""

import numpy as np
import pytest

from patchwright.search import OPTIMIZERS, SearchError
from tests.search.spaces import distance_to, drive, subspace_of

SPHERE = distance_to(np.full((1, 6), 0.3))
SMALL = {"ga": {"population": 8}, "cmaes": {"population": 8}}


def islands(subspace, m=1, *, seed=0, **options):
    return OPTIMIZERS["islands"](subspace, m, seed=seed, **options)


@pytest.mark.parametrize("name", ["ga", "portfolio"])  # the second learns from residuals
def test_one_island_is_the_optimizer_itself(name):
    subspace = subspace_of("cccccc")
    seed = int(np.random.default_rng(0).integers(2**31))
    alone = OPTIMIZERS[name](subspace, 1, seed=seed, population=8)
    one = islands(subspace, methods=[name], exchange=0, options={name: {"population": 8}})
    for expected, found in zip(drive(alone, SPHERE, 9), drive(one, SPHERE, 9), strict=True):
        assert np.array_equal(expected, found)


def test_all_have_as_many_evaluations_whatever_their_populations():
    options = {"ga": {"population": 6}, "nsga2": {"population": 18}, "de": {"population": 9}}
    asked = drive(
        islands(subspace_of("cccccc"), methods=list(options), options=options), SPHERE, 60
    )
    sizes = np.array([len(genotypes) for genotypes in asked])
    spent = [sizes[sizes == size].sum() for size in (6, 9, 18)]
    assert max(spent) - min(spent) <= 18


@pytest.mark.parametrize("m", [1, 3])
def test_the_one_that_is_behind_begins_anew_from_the_best(m):
    scores = distance_to(np.random.default_rng(1).random((m, 6)))
    options = {"ga": SMALL["ga"]}
    optimizer = islands(
        subspace_of("cccccc"), m, methods=["ga", "ga"], options=options, exchange=96
    )
    asked = drive(optimizer, scores, 14)
    before, after = np.concatenate(asked[:12]), np.concatenate(asked[12:])
    best = before[np.argmin((scores(before) ** 2).mean(axis=1))]
    assert (after == best).all(axis=1).any()


def test_it_is_led_by_its_best_member_and_not_held_up_by_its_worst():
    subspace = subspace_of("cccccc")
    options = {"random": {"population": 8}}
    alone = drive(islands(subspace, methods=["random"], options=options), SPHERE, 150)
    options |= {"cmaes": SMALL["cmaes"]}
    both = drive(islands(subspace, methods=["random", "cmaes"], options=options), SPHERE, 150)
    assert SPHERE(np.concatenate(both)).min() < 1e-3 * SPHERE(np.concatenate(alone)).min()


def test_an_island_that_stops_begins_anew():
    options = {"cmaes": {"population": 6, "restarts": "none"}}
    optimizer = islands(subspace_of("cc"), methods=["cmaes"], options=options, exchange=0)
    scores = distance_to(np.full((1, 2), 0.3))
    alone = OPTIMIZERS["cmaes"](subspace_of("cc"), 1, seed=0, **options["cmaes"])
    assert len(drive(alone, scores, 400)) < 400
    assert len(drive(optimizer, scores, 400)) == 400


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"methods": ["ga", "islands"]}, "islands cannot be an island itself"),
        ({"methods": ["ga", "cmeas"]}, "no optimizer 'cmeas': did you mean 'cmaes'"),
        ({"methods": ["ga", "map_elites"]}, "map_elites needs descriptors"),
        ({"methods": []}, "name two or more"),
        ({"methods": "ga"}, "methods must be a list"),
        ({"methods": ["ga"], "options": {"de": {}}}, "de has options, but is not in methods"),
        ({"methods": ["ga"], "options": {"ga": {"populaton": 9}}}, "did you mean 'population'"),
        ({"methods": ["ga"], "options": {"ga": {"seed": 9}}}, "ga has no option 'seed'"),
        ({"methods": ["ga"], "options": {"ga": {"population": 1}}}, "population must be at least"),
        ({"methods": ["comocatcma"]}, "two objectives"),
        ({"exchange": -1}, "exchange must be at least 0"),
    ],
)
def test_a_wrong_option_names_the_mend(options, sentence):
    with pytest.raises(SearchError, match=sentence):
        islands(subspace_of("ccik"), **options)
