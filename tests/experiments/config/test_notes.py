"""The notes of a target, given as text, as a MIDI file or as objects."""

import pytest
import yaml

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.errors import ExperimentError
from patchwright.synths import parse_notes, write_midi
from patchwright.synths.performance import in_order, notes_text

TEXT = "E4+G4:0.2@0.15/90 C4:0.1@0"
NOTES = in_order(parse_notes(TEXT))


def loaded(folder, **target):
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump({"target": {"random": 0} | target}))
    return load_experiment(path)


def saved(config):
    """A config as `run.yaml` contains it."""
    return yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json")))


def test_text_and_midi_give_the_same_notes_and_the_same_experiment(tmp_path):
    text = loaded(tmp_path, notes=TEXT)
    hashes = {config_sha256(text)}
    for folder in (tmp_path / "here", tmp_path / "elsewhere"):
        folder.mkdir()
        write_midi(folder / "chord.mid", NOTES)
        midi = loaded(folder, midi="chord.mid")
        assert midi == text
        hashes.add(config_sha256(midi))
    assert text.target.notes == NOTES
    assert len(hashes) == 1


def test_a_midi_file_sets_the_tempo_unless_the_config_does(tmp_path):
    write_midi(tmp_path / "chord.mid", NOTES, tempo=90)
    assert loaded(tmp_path, midi="chord.mid").target.tempo == pytest.approx(90)
    assert loaded(tmp_path, midi="chord.mid", tempo=100).target.tempo == 100


def test_a_saved_run_shows_its_notes_and_needs_no_midi_file(tmp_path):
    write_midi(tmp_path / "chord.mid", NOTES)
    config = loaded(tmp_path, midi="chord.mid")
    (tmp_path / "chord.mid").unlink()
    assert saved(config)["target"]["notes"] == notes_text(NOTES)
    assert check_experiment(saved(config), "run.yaml") == config


def test_notes_are_given_as_objects_from_python():
    config = check_experiment({"target": {"random": 0, "notes": NOTES[::-1]}}, "match")
    assert config.target.notes == NOTES
    assert check_experiment({"target": {"random": 0}}, "match").target.notes is None


@pytest.mark.parametrize("notes", [60, [], [60], (), ("C4",)])
def test_what_is_not_notes_is_refused(notes):
    with pytest.raises(ExperimentError, match=r"target\.notes .*such as 'C4:0\.5 E4\+G4:1'"):
        check_experiment({"target": {"random": 0, "notes": notes}}, "match")
