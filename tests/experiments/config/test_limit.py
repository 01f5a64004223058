"""Limits of parameters in the config of an experiment."""

import numpy as np
import pytest
import yaml

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.synths import Preset, SynthError
from patchwright.synths.builtin import Subtractive


def experiment(**keys):
    return check_experiment({"target": {"random": 3, "duration": 0.1, "length": 0.15}} | keys, "it")


def test_a_search_and_its_random_target_stay_within(tmp_path):
    limit = {"filter_cutoff": [300, 900], "osc?_waveform": ["sine", "saw"]}
    synth = {"name": "subtractive", "limit": limit}
    config = experiment(synth=synth, search={"renders": 40, "calibration": 15})
    run_experiment(config, out=tmp_path / "r", workers=1, report=False)
    run = RunFolder(tmp_path / "r")
    assert yaml.safe_load(run.config.read_text())["synth"]["limit"] == limit
    space = Subtractive.space
    found = [run.best_preset, *run.front.glob("*.json")]
    values = [Preset.read(path, "subtractive", space).values for path in found]
    with prepare(config, workers=1) as setup:
        assert setup.target.preset is not None
        values.append(setup.target.preset)
    for row in space.readable(np.array(values)):
        assert 299.9 <= row["filter_cutoff"] <= 900.1
        assert {row["osc1_waveform"], row["osc2_waveform"]} <= {"sine", "saw"}


def test_those_of_a_lock_file_are_joined_with_the_experiments_own(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "lock: {lfo_*: null}\nlimit: {filter_cutoff: [300, 900], amp_level: [-12, 0]}\n"
    )
    synth = {"lock": str(file), "limit": {"filter_cutoff": [400, 500]}}
    config = experiment(synth={"name": "subtractive"} | synth).synth
    assert config.limit == {"filter_cutoff": [400, 500], "amp_level": [-12, 0]}
    assert len(config.subspace(Subtractive.space).limits) == 2
    alone = experiment(synth={"name": "subtractive", "lock": str(file)}).synth
    assert alone.limit["filter_cutoff"] == [300, 900]


def test_an_experiment_without_limits_or_store_is_written_without_them():
    written = experiment().model_dump(mode="json")
    assert "limit" not in written["synth"]
    assert "store" not in written["search"]


def test_a_wrong_limit_is_told(tmp_path):
    with pytest.raises(ExperimentError, match=r"synth\.limit is wrong"):
        experiment(synth={"limit": [1, 4]})
    file = tmp_path / "mine.yaml"
    file.write_text("limit: [1, 4]\n")
    with pytest.raises(ExperimentError, match=r"synth\.limit is wrong"):
        experiment(synth={"lock": str(file), "limit": {"filter_cutoff": [1, 4]}})
    config = experiment(synth={"name": "subtractive", "limit": {"filter_cutof": [300, 900]}})
    with pytest.raises(SynthError, match="did you mean 'filter_cutoff'"):
        run_experiment(config, out=tmp_path / "r", workers=1)


def test_a_store_lies_beside_the_experiment(tmp_path):
    file = tmp_path / "e.yaml"
    file.write_text("target: {random: 1}\nsearch: {store: renders}\n")
    assert load_experiment(file).search.store == tmp_path / "renders"
