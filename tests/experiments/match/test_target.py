"""Presets as targets: what they sound like is matched, and how near the preset is."""

import json

import numpy as np
import pytest
import soundfile

from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.match.setup import prepare
from patchwright.synths import Preset
from patchwright.synths.builtin import Subtractive

SMALL = {"renders": 40, "calibration": 20}
LOCK = {"name": "subtractive", "free": ["filter_cutoff", "osc1_waveform"]}


def setup_of(**target):
    return prepare(check_experiment({"target": target, "sr": 22_050}, "test"), workers=1)


def test_a_random_preset_is_drawn_by_its_seed_and_sounds():
    sounds = []
    for seed in (1, 1, 2):
        with setup_of(random=seed, note=48, duration=0.3) as setup:
            sounds.append(setup.target.audio)
            assert np.abs(setup.target.audio).max() > 1e-3
            assert setup.performance.notes[0].pitch == 48
            assert setup.performance.notes[0].duration == 0.3
            again = setup.synth.render(setup.target.preset[np.newaxis], setup.performance).audio[0]
            np.testing.assert_array_equal(again, setup.target.audio)
            assert (setup.objectives.score(again[np.newaxis]) == 0).all()
    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])


def test_a_preset_file_is_played_with_several_notes(tmp_path):
    space = Subtractive.space
    values = space.values([{"filter_cutoff": 700.0}])[0]
    Preset("mine", "subtractive", values).write(tmp_path / "mine.json", space)
    with setup_of(preset=str(tmp_path / "mine.json"), notes="C4:0.2 E4+G4:0.3") as setup:
        np.testing.assert_array_equal(setup.target.preset, values)
        assert len(setup.performance.notes) == 3
        assert setup.performance.length == pytest.approx(1.0, rel=0.01)


def test_another_synths_preset_has_no_truth():
    with setup_of(random=3, synth="oscillators", duration=0.2) as setup:
        assert setup.target.preset is None
        assert setup.synth.name == "subtractive"


def test_the_errors_of_parameters_are_told(tmp_path):
    target = {"random": 3, "duration": 0.2, "length": 0.3}
    run = match(target, out=tmp_path / "r", workers=1, synth=LOCK, search=SMALL)
    errors = run.summary.numbers
    found = Preset.read(run.folder / "best.json", "subtractive", Subtractive.space).values
    config = check_experiment({"target": target, "synth": LOCK}, "test")
    with prepare(config, workers=1) as setup:
        cutoff, wave = (setup.subspace.names.index(n) for n in ("filter_cutoff", "osc1_waveform"))
        columns = [Subtractive.space.names.index(n) for n in setup.subspace.names]
        off = np.abs(found - setup.target.preset)[columns]
    assert errors.param_mae == pytest.approx(off[cutoff])
    assert errors.param_accuracy == float(off[wave] < 0.05)
    assert "Parameter error" in (run.folder / "report.html").read_text()
    assert json.loads((run.folder / "summary.json").read_text())["target"]["file"] == "random-3"
    kept, _ = soundfile.read(run.folder / "target.wav", dtype="float32", always_2d=True)
    assert np.abs(kept).max() > 1e-3


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ({}, "one sound"),
        ({"path": "a.wav", "random": 1}, "one sound"),
        ({"path": "a.wav", "synth": "fm"}, "leave it out"),
        ({"random": 1, "program": "2"}, "leave it out"),
        ({"random": 1, "start": 0.5}, "leave start out"),
        ({"random": -1}, "target.random"),
    ],
)
def test_a_target_is_one_sound(target, sentence):
    with pytest.raises(ExperimentError, match=sentence):
        check_experiment({"target": target}, "test")


def test_a_silent_preset_is_refused(tmp_path):
    space = Subtractive.space
    deaf = {"amp_attack": 4.0, "amp_level": -48.0}
    Preset("mute", "subtractive", space.values([deaf])[0]).write(tmp_path / "mute.json", space)
    with pytest.raises(ExperimentError, match="is silent"):
        setup_of(preset=str(tmp_path / "mute.json"), duration=0.02, length=0.05)


def test_a_random_target_is_not_among_the_presets_that_its_search_draws(tmp_path):
    """Equal seeds must not give the search its answer."""
    config = {"target": {"random": 5}, "seed": 5, "search": {"calibration": 100}}
    with prepare(check_experiment(config, "test"), workers=1) as setup:
        drawn = setup.subspace.sample(100, np.random.default_rng((5, 0)))  # as match.py draws
        values = setup.subspace.decode(drawn)
        assert not (values == setup.target.preset).all(axis=1).any()


def test_what_was_changed_in_a_recording_is_said_and_kept_in_the_summary(tmp_path):
    time = np.arange(22_050) / 44_100
    left = 0.5 * np.sin(2 * np.pi * 220 * time)
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.stack([left, -0.98 * left], axis=1), 44_100)
    with setup_of(path=str(path), note=57) as setup:
        first, second = setup.target.sentence().splitlines()
        assert "wide.wav: A3" in first
        assert "left" in second
        assert setup.target.facts(setup.config.target).warnings == (second,)
        assert np.abs(setup.target.audio).max() == pytest.approx(0.5, abs=0.02)
