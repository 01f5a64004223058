"""The store of earlier renders, and searches that start from it."""

import concurrent.futures
import json
import os
import re
import shutil
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from patchwright.experiments.compare import compare_runs
from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.store import RenderStore
from patchwright.objectives import Target
from patchwright.objectives.embeddings import MFCCStats
from patchwright.objectives.signal.spectra import Spectra
from patchwright.synths import Note, Performance, Renderings
from patchwright.synths.builtin import FM, Subtractive

PERFORMANCE = Performance(notes=(Note(pitch=60, duration=0.1),), length=0.15)
SMALL = {"renders": 50, "calibration": 15, "method": "portfolio"}
TARGET = {"random": 4, "duration": 0.1, "length": 0.15}
SYNTH = Subtractive()


def presets(n, seed=0, synth=SYNTH):
    return synth.space.sample(n, np.random.default_rng(seed))


def filled(folder, values, synth=SYNTH, performance=PERFORMANCE):
    with RenderStore(folder, synth, performance) as store:
        store.add(values, synth.render(values, performance))
    return RenderStore(folder, synth, performance)


def target_of(values):
    return Target(SYNTH.render(values, PERFORMANCE).audio[0], PERFORMANCE.sr)


def nearest(store, target, n=5, **locks):
    subspace = SYNTH.space.lock(**locks)
    return subspace.decode(store.nearest(target, subspace, n))


def test_the_nearest_are_those_whose_features_are(tmp_path):
    values = presets(30)
    store = filled(tmp_path, values)
    renders = SYNTH.render(values, PERFORMANCE)
    sounds = values[renders.status == 0]
    assert len(store) == len(sounds)
    target = target_of(presets(1, seed=9))

    def features(audio):
        mono = torch.from_numpy(np.array(audio)).mean(1, keepdim=True)
        return MFCCStats().embed(Spectra(mono, PERFORMANCE.sr)).numpy()

    stored = features(renders.audio[renders.status == 0])
    distances = np.abs(stored - features(target.audio.numpy()[None])).mean(axis=1)
    assert np.array_equal(nearest(store, target), sounds[np.argsort(distances)[:5]])
    assert np.array_equal(nearest(store, target_of(sounds[[7]]), n=1), sounds[[7]])
    assert len(nearest(store, target, n=100)) == len(sounds)
    assert nearest(RenderStore(tmp_path / "new", SYNTH, PERFORMANCE), target).shape[0] == 0


def test_what_is_found_depends_on_what_is_stored_and_not_on_how_it_came_there(tmp_path):
    values, target = presets(30), target_of(presets(1, seed=9))
    expected = nearest(filled(tmp_path / "one", values), target)
    for part in (values[20:], values[:12], values[8:25]):
        store = filled(tmp_path / "parts", part)
    assert len(store) == len(RenderStore(tmp_path / "one", SYNTH, PERFORMANCE))
    assert np.array_equal(nearest(store, target), expected)


def test_several_may_write_at_once_and_nothing_is_lost_or_there_twice(tmp_path):
    parts = [presets(8, seed=seed) for seed in (0, 1, 2, 0, 1, 2)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda part: filled(tmp_path, part), parts))
    once = filled(tmp_path / "once", np.concatenate(parts[:3]))
    store = RenderStore(tmp_path, SYNTH, PERFORMANCE)
    assert len(store) == len(once)
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    for part in parts:  # a second time
        filled(tmp_path, part)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == files
    assert all(name.endswith(".parquet") for name in files)


def test_other_synths_performances_and_failures_are_kept_apart(tmp_path):
    values = presets(6)
    filled(tmp_path, values)
    longer = Performance(notes=PERFORMANCE.notes, length=0.2)
    assert len(RenderStore(tmp_path, SYNTH, longer)) == 0
    assert len(RenderStore(tmp_path, FM(), PERFORMANCE)) == 0
    with RenderStore(tmp_path / "failures", SYNTH, PERFORMANCE) as store:
        audio = SYNTH.render(values, PERFORMANCE).audio
        store.add(values, Renderings(audio, np.full(6, 3, np.int8), np.zeros(6)))
    assert len(RenderStore(tmp_path / "failures", SYNTH, PERFORMANCE)) == 0


def test_presets_are_moved_to_what_is_locked_and_limited(tmp_path):
    store = filled(tmp_path, presets(30))
    lock, limit = {"filter_type": "highpass"}, {"filter_cutoff": [200, 800]}
    found = nearest(store, target_of(presets(1, seed=9)), locks=lock, limit=limit)
    for row in SYNTH.space.readable(found):
        assert row["filter_type"] == "highpass"
        assert 199.9 <= row["filter_cutoff"] <= 800.1
    alone = nearest(store, target_of(presets(1, seed=9)), n=3, free=["osc2_waveform"])
    assert len(alone) == len(np.unique(alone, axis=0)) == 3


def test_a_damaged_file_is_named(tmp_path):
    filled(tmp_path, presets(6))
    (file,) = tmp_path.rglob("*.parquet")
    whole, table = file.read_bytes(), pq.read_table(file)
    n = len(table)
    features = np.array(table["features"].to_pylist(), np.float32)
    values = np.array(table["values"].to_pylist())
    damaged = [
        table.drop_columns(["features"]),
        table.set_column(0, "preset", pa.nulls(n, pa.uint64())),
        table.set_column(0, "preset", pa.array(["x"] * n)),
        with_rows(table, "features", np.where(features > 0, np.nan, features)),
        with_rows(table, "features", features[:, :-1]),
        with_rows(table, "values", values + 1),
        with_rows(table, "values", values[:, 1:]),
    ]
    for each in (whole[:100], whole[:-1], b"", *damaged):
        if isinstance(each, bytes):
            file.write_bytes(each)
        else:
            pq.write_table(each, file)
        with pytest.raises(ExperimentError, match=f"{file.name} .*: remove it"):
            nearest(RenderStore(tmp_path, SYNTH, PERFORMANCE), target_of(presets(1)))
    file.write_bytes(whole)
    assert len(RenderStore(tmp_path, SYNTH, PERFORMANCE)) == n


def with_rows(table, name, rows):
    """Return a table with other lists in a column."""
    lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    return table.set_column(table.column_names.index(name), name, lists)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / os.fsdecode(b"Fl\xf6te")  # in Latin-1
    assert len(filled(folder, presets(6))) == len(filled(tmp_path / "plain", presets(6)))
    found = nearest(RenderStore(folder, SYNTH, PERFORMANCE), target_of(presets(1)), n=2)
    assert len(found) == 2


def run(folder, store=None, *, resume=False, report=False, seed=0, **search):
    search = SMALL | search | ({} if store is None else {"store": str(store)})
    config = check_experiment({"target": TARGET, "search": search, "seed": seed}, "a test")
    return run_experiment(config, out=folder, workers=2, resume=resume, report=report)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """An earlier search for the same sound."""
    folder = tmp_path_factory.mktemp("store")
    return run(folder / "run", folder / "store")


@pytest.fixture
def store(first, tmp_path):
    """A copy of the store after the first search, for tests to add to."""
    return shutil.copytree(first.folder.parent / "store", tmp_path / "store")


def evaluations(found):
    return {p.name: pq.read_table(p) for p in (found.folder / "evaluations").iterdir()}


def same(one, other):
    """Whether two runs evaluated the same genotypes with the same scores, bit for bit."""
    tables = [
        {name: table.drop_columns(["seconds"]) for name, table in evaluations(found).items()}
        for found in (one, other)
    ]
    return tables[0] == tables[1]


def test_without_earlier_renders_it_is_the_search_without_a_store(first, tmp_path):
    assert first.summary.store.model_dump() == {"given": 0, "stored": 0}
    assert same(first, run(tmp_path / "plain"))
    assert "store" not in (tmp_path / "plain" / "run.yaml").read_text()


def test_a_later_search_starts_from_earlier_renders_and_says_so(first, store, tmp_path):
    found = run(tmp_path / "second", store, report=True)
    ok = first.summary.statuses["ok"]
    assert found.summary.store.model_dump() == {"given": 20, "stored": ok}
    assert found.summary.renders == 50  # those of the store are rendered again, and count
    assert len(evaluations(found)["000000.parquet"]) == 15 + 20
    for name, score in found.summary.objectives.items():
        assert score <= first.summary.objectives[name]
    page = found.report.read_text()
    assert "Started from a store" in page
    assert f"20 of {ok} presets" in page
    again = run(tmp_path / "third", shutil.copytree(store.parent / "store", tmp_path / "copy"))
    assert again.summary.store.stored > ok  # the second search added to it


def test_equal_stores_give_equal_bits(store, tmp_path):
    other = shutil.copytree(store, tmp_path / "other")
    assert same(run(tmp_path / "one", store), run(tmp_path / "two", other))


def test_a_resumed_search_starts_from_what_it_began_with(store, tmp_path):
    kept = shutil.copytree(store, tmp_path / "kept")
    whole = run(tmp_path / "whole", kept)
    cut = shutil.copytree(whole.folder, tmp_path / "cut")
    for file in sorted((cut / "evaluations").iterdir())[1:]:
        file.unlink()
    (cut / "summary.json").unlink()
    (cut / "run.yaml").write_text((cut / "run.yaml").read_text().replace("kept", "store"))
    run(tmp_path / "more", store, seed=5)
    resumed = run(cut, store, resume=True)
    assert same(resumed, whole)
    assert resumed.summary.store == whole.summary.store
    given = json.loads((cut / "store.json").read_text())
    rows = given["genotypes"]
    for wrong in (
        {},
        {"stored": 3},
        given | {"stored": "3"},
        given | {"genotypes": [[2.0] * len(rows[0])]},
        given | {"genotypes": [*rows, rows[0][1:]]},
        given | {"genotypes": rows[0][1:]},
    ):
        (cut / "store.json").write_text(json.dumps(wrong))
        with pytest.raises(ExperimentError, match=r"store\.json is damaged: start the run again"):
            run(cut, store, resume=True)


def test_no_more_is_taken_than_the_budget_leaves(store, tmp_path):
    found = run(tmp_path / "short", store, renders=22)
    assert found.summary.renders == 22
    assert found.summary.store.given == 7


def test_a_run_with_a_store_is_not_compared_with_one_without(first, tmp_path):
    other = run(tmp_path / "plain", method="random")
    with pytest.raises(ExperimentError, match=r"search\.store"):
        compare_runs([read_run(first.folder), read_run(other.folder)])
    records = [read_run(first.folder), read_run(other.folder)]
    told = compare_runs(records, by="search")
    assert any(re.search(r"1 of 2 .* store of 0 to 0", each) for each in told.remarks)
