"""Optimizers for presets that differ: compared with the bare library and with random search."""

import importlib.util

import numpy as np
import pytest

from patchwright.search import CMAME, OPTIMIZERS, MapElites, RandomSearch, SearchError
from patchwright.search.optimizers.cma_me import mirrored
from tests.needs import need_package
from tests.search.spaces import subspace_of, tell

SUBSPACE = subspace_of("c" * 8)


def places(genotypes):
    """Two descriptors that depend on all coordinates."""
    return np.stack([genotypes[:, :4].mean(axis=1), genotypes[:, 4:].mean(axis=1)], axis=1)


def scores(genotypes):
    return ((genotypes - 0.4) ** 2).mean(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _pyribs(request):
    if "without" not in request.node.name:
        need_package("ribs", "qd")


def asked(optimizer, generations):
    found = []
    for _ in range(generations):
        genotypes = optimizer.ask()
        optimizer.tell(genotypes, scores(genotypes), descriptors=places(genotypes))
        found.append(genotypes)
    return found


def grid(seed):
    from ribs.archives import GridArchive

    return GridArchive(solution_dim=8, dims=[16, 16], ranges=[(0, 1)] * 2, seed=seed)


def test_map_elites_asks_for_the_bits_that_pyribs_asks_for():
    from ribs.emitters import IsoLineEmitter
    from ribs.schedulers import Scheduler

    optimizer = MapElites(SUBSPACE, 1, seed=5, population=20, admitted=1.0)
    rng = np.random.default_rng(5)
    archive_seed, operator_seed = (int(rng.integers(2**31)) for _ in range(2))
    ours = asked(optimizer, 12)
    archive = grid(archive_seed)
    emitter = IsoLineEmitter(
        archive,
        iso_sigma=0.05,
        line_sigma=0.2,
        initial_solutions=ours[0],
        bounds=[(0, 1)] * 8,
        batch_size=20,
        seed=operator_seed,
    )
    scheduler = Scheduler(archive, [emitter])
    for generation in ours:
        theirs = scheduler.ask()
        assert np.array_equal(theirs, generation)
        scheduler.tell(-scores(theirs)[:, 0], places(theirs))


def test_cma_me_asks_for_the_bits_that_pyribs_asks_for():
    from ribs.emitters import EvolutionStrategyEmitter

    rng = np.random.default_rng(5)
    archive = grid(int(rng.integers(2**31)))
    ours = asked(CMAME(SUBSPACE, 1, seed=5, population=30, emitters=3, admitted=1.0), 25)
    archive.add(ours[0], -scores(ours[0])[:, 0], places(ours[0]))
    best = ours[0][np.argsort(scores(ours[0])[:, 0], kind="stable")]
    emitters = [
        EvolutionStrategyEmitter(
            archive, x0=x0, sigma0=0.1, batch_size=10, seed=int(rng.integers(2**31))
        )
        for x0 in best[:3]
    ]
    for generation in ours[1:]:
        theirs = mirrored(np.concatenate([emitter.ask() for emitter in emitters]))
        assert np.array_equal(theirs, generation)
        quality, where = -scores(theirs)[:, 0], places(theirs)
        added = archive.add(theirs, quality, where)
        for i, emitter in enumerate(emitters):
            part = slice(10 * i, 10 * i + 10)
            info = {name: column[part] for name, column in added.items()}
            emitter.tell(theirs[part], quality[part], where[part], info)
    assert sum(emitter.restarts for emitter in emitters)


@pytest.mark.parametrize("cls", [MapElites, CMAME])
def test_they_find_more_kinds_of_close_presets_than_chance(cls):
    def found(optimizer):
        genotypes = np.concatenate(asked(optimizer, 30))
        archive = grid(0)
        archive.add(genotypes, 1 - scores(genotypes)[:, 0], places(genotypes))
        return len(archive), float(archive.stats.qd_score)

    cells, quality = found(cls(SUBSPACE, 1, seed=0, admitted=1.0))
    random_cells, random_quality = found(RandomSearch(SUBSPACE, 1, seed=0))
    assert cells > 1.25 * random_cells
    assert quality > 1.25 * random_quality


@pytest.mark.parametrize("cls", [MapElites, CMAME])
def test_only_what_sounds_close_has_a_cell(cls):
    first, *later = asked(optimizer := cls(SUBSPACE, 1, seed=0, admitted=0.2), 30)
    least = np.quantile(scores(first)[:, 0], 0.2)
    kept = optimizer._archive.data("objective")
    assert (-kept <= least).all()
    close = scores(np.concatenate([first, *later]))[:, 0] <= least
    assert len(kept) == len(
        np.unique(np.floor(places(np.concatenate([first, *later]))[close] * 16), axis=0)
    )
    assert close[-500:].mean() > 0.5


@pytest.mark.parametrize("cls", [MapElites, CMAME])
def test_all_initial_genotypes_are_learnt_from_at_once(cls):
    initial = np.random.default_rng(0).random((70, 8))
    optimizer = cls(SUBSPACE, 1, seed=0, population=16, initial=initial)
    first, second = asked(optimizer, 2)
    assert np.array_equal(first, initial)
    assert len(second) == 16


@pytest.mark.parametrize("cls", [MapElites, CMAME])
def test_presets_without_a_sound_have_no_cell(cls):
    optimizer = cls(SUBSPACE, 1, seed=0, population=16)
    for _ in range(2):  # all renders fail: it samples again
        genotypes = optimizer.ask()
        assert len(genotypes) == 16
        optimizer.tell(genotypes, np.full((16, 1), 2.0), descriptors=np.full((16, 2), np.nan))
    for _ in range(6):
        genotypes = optimizer.ask()
        failed = genotypes[:, 0] < 0.5
        descriptors = np.where(failed[:, None], np.nan, places(genotypes))
        optimizer.tell(
            genotypes,
            np.where(failed, 9.0, scores(genotypes)[:, 0])[:, None],
            descriptors=descriptors,
        )
    assert (optimizer._archive.data("solution")[:, 0] >= 0.5).all()
    assert np.isfinite(optimizer.ask()).all()


def test_mirrored_points_lie_in_the_cube_and_those_within_stay():
    points = np.array([[0.0, 0.3, 1.0], [-0.2, 1.3, 2.4], [-1.5, 3.25, -7.0]])
    expected = np.array([[0.0, 0.3, 1.0], [0.2, 0.7, 0.4], [0.5, 0.75, 1.0]])
    assert mirrored(points) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["map_elites", "cma_me"])
def test_without_pyribs_the_command_to_install_it_is_told(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'patchwright[qd]'" in OPTIMIZERS[name].missing()
    with pytest.raises(SearchError, match="pip install"):
        OPTIMIZERS[name](SUBSPACE, 1, seed=0)


@pytest.mark.parametrize("cls", [MapElites, CMAME])
def test_methods_that_need_descriptors_refuse_to_do_without(cls):
    optimizer = cls(SUBSPACE, 1, seed=0)
    genotypes = optimizer.ask()
    with pytest.raises(SearchError, match="pass descriptors"):
        optimizer.tell(genotypes, scores(genotypes), descriptors=places(genotypes)[1:])
    tell(optimizer, genotypes, scores(genotypes))
