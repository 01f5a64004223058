"""Presets that a search starts from."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.match.warm_start import initial_genotypes
from patchwright.synths import Preset, SynthError
from patchwright.synths.builtin import Subtractive
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.sizes import long

SMALL = {"renders": 40, "calibration": 20}
TARGET = {"random": 4, "duration": 0.2, "length": 0.3}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("warm") / "r"
    return match(TARGET, out=folder, workers=1, search=SMALL).folder


def test_the_answer_and_the_front_of_a_run_are_read(run):
    synth = Subtractive()
    subspace = synth.space.lock()
    genotypes = initial_genotypes([run, run / "best.json"], synth, subspace)
    fronts = len(list((run / "front").glob("*.json")))
    assert len(genotypes) == 1 + fronts + 1
    best = Preset.read(run / "best.json", "subtractive", synth.space).values
    np.testing.assert_array_equal(subspace.decode(genotypes[[0, -1]]), [best, best])
    assert initial_genotypes([], synth, subspace).shape == (0, len(subspace))


def test_a_search_that_starts_from_a_run_is_no_worse(run, tmp_path):
    search = SMALL | {"initial": [str(run)]}
    again = match(TARGET, out=tmp_path / "again", workers=1, seed=9, search=search)
    first = match(TARGET, out=run, resume=True, workers=1, search=SMALL)
    units = again.summary.random

    def distance(found):
        scores = found.summary.objectives.items()
        return sum((score / units[name]) ** 2 for name, score in scores)

    assert distance(again) <= distance(first)


def test_what_cannot_be_started_from_is_told(run, tmp_path):
    synth = Subtractive()
    subspace = synth.space.lock()
    with pytest.raises(ExperimentError, match="no finished run to start from"):
        initial_genotypes([tmp_path], synth, subspace)
    with pytest.raises(SynthError, match="no-such"):
        initial_genotypes([tmp_path / "no-such.json"], synth, subspace)


def test_the_programs_of_a_plugin_are_read_and_thinned(program_synth, caplog):
    with RenderPool(resolve(str(program_synth))) as pool:
        subspace = pool.space.lock(free=["level", "brightness"])
        genotypes = initial_genotypes(["programs"], pool, subspace)
        assert genotypes[:, 1] == pytest.approx([0.5, 0.9, 0.2], abs=1e-6)
        assert not caplog.records
        two = initial_genotypes(["programs"], pool, subspace, most_programs=2)
        assert genotypes[[0, 2]].tolist() == two.tolist()
        assert "2 of 3 programs" in caplog.records[0].getMessage()
    with pytest.raises(SynthError, match="built-in synth"):
        initial_genotypes(["programs"], Subtractive(), Subtractive.space.lock())


@long
def test_a_match_starts_from_the_programs_of_a_plugin(program_synth, tmp_path):
    found = match(
        {"random": 1, "duration": 0.1, "length": 0.2},
        synth={"name": str(program_synth), "free": ["level", "brightness"]},
        out=tmp_path / "r",
        workers=1,
        sr=22_050,
        search={"renders": 60, "calibration": 20, "initial": ["programs"]},
    )
    assert "- programs" in (found.folder / "run.yaml").read_text()
    first = pq.read_table(next(iter(sorted(found.folder.glob("evaluations/*.parquet")))))
    assert len(first) == 23


def test_the_target_itself_ends_the_search_at_once(tmp_path):
    space = Subtractive.space
    values = space.values([{"filter_cutoff": 700.0}])[0]
    Preset("mine", "subtractive", values).write(tmp_path / "mine.json", space)
    mine = str(tmp_path / "mine.json")
    found = match(
        {"preset": mine, "duration": 0.2, "length": 0.3},
        out=tmp_path / "r",
        workers=1,
        search={"renders": 500, "calibration": 20, "initial": [mine]},
    )
    assert found.summary.match == 1
    assert found.summary.renders == 21
    assert "as far as the objectives" in found.summary.stopped
    assert (found.summary.numbers.param_mae, found.summary.numbers.param_accuracy) == (0, 1)
