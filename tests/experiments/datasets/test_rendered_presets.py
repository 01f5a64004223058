"""Presets of runs, stores and files, which a dataset renders as they are."""

import json
import shutil

import numpy as np
import pytest

from patchwright.experiments.config import check_experiment
from patchwright.experiments.datasets.rendered_presets import included_presets
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import run_experiment
from patchwright.search import EvaluationLog
from patchwright.synths.builtin import FM, Subtractive

SYNTH = Subtractive()
FREE = ["amp_*", "filter_*"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    config = {
        "target": {"random": 4, "duration": 0.1, "length": 0.15},
        "objectives": ["mfcc_mae"],
        "synth": {"name": "subtractive", "free": FREE},
        "search": {
            "renders": 40, "calibration": 15, "method": "nsga2", "store": str(folder / "store"),
        },
    }  # fmt: skip
    return run_experiment(check_experiment(config, "test"), out=folder / "run", report=False)


def test_all_presets_that_a_run_rendered(run):
    whole = SYNTH.space.lock({})
    values = included_presets([run.folder], SYNTH, whole)
    own = SYNTH.space.lock({}, free=FREE)
    log = EvaluationLog(run.folder / "evaluations", own.names, ["mfcc_mae"])
    logged, generation = [], 0
    while (entry := log.read(generation)) is not None:
        logged.append(own.decode(entry[0].genotypes))
        generation += 1
    expected = np.unique(np.concatenate(logged), axis=0)
    assert len(expected) > 30
    np.testing.assert_array_equal(np.unique(values, axis=0), expected)


def test_presets_are_moved_to_the_lock_and_each_comes_once(run):
    lock = SYNTH.space.lock({}, free=["amp_level"], limit={"amp_level": [-20, -10]})
    values = included_presets([run.folder, run.folder / "best.json", run.folder], SYNTH, lock)
    assert len(np.unique(values, axis=0)) == len(values)
    level = SYNTH.space.index("amp_level")
    kept = np.arange(len(SYNTH.space)) != level
    np.testing.assert_array_equal(values[:, kept], np.tile(lock.locked[kept], (len(values), 1)))


def test_all_presets_of_a_store(run):
    whole = SYNTH.space.lock({})
    stored = included_presets([run.folder.parent / "store"], SYNTH, whole)
    rendered = included_presets([run.folder], SYNTH, whole)
    assert len(stored) > 30
    assert {*map(bytes, stored)} <= {*map(bytes, rendered)}
    with pytest.raises(ExperimentError, match="no stored presets of this version of fm"):
        included_presets([run.folder.parent / "store"], FM(), FM.space.lock({}))


def test_other_synths_and_damage_are_refused(run, tmp_path):
    with pytest.raises(ExperimentError, match=r"another synth.*name \(subtractive and fm\)"):
        included_presets([run.folder], FM(), FM.space.lock({}))
    with pytest.raises(ExperimentError, match="no run and no stored presets"):
        included_presets([tmp_path], SYNTH, SYNTH.space.lock({}))
    shutil.copytree(run.folder, tmp_path / "copy")
    (tmp_path / "copy" / "synth.yaml").unlink()
    with pytest.raises(ExperimentError, match=r"synth.yaml is missing"):
        included_presets([tmp_path / "copy"], SYNTH, SYNTH.space.lock({}))
    assert json.loads((run.folder / "best.json").read_text())["synth"] == "subtractive"
