"""Targets of several notes: what is scored is the whole of what they play together."""

import json

import numpy as np
import pytest
import scipy.io.wavfile

from patchwright.experiments.config import load_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.synths import Performance, Preset, SynthError, parse_notes, write_midi
from patchwright.synths.builtin import SYNTHS

TEXT = "C4:0.1@0 E4+G4:0.2@0.15/90"
NOTES = parse_notes(TEXT)
SEARCH = {"renders": 50, "calibration": 20}


@pytest.fixture(scope="module")
def chord(tmp_path_factory):
    """A recording of three notes, and the folder that it lies in."""
    synth = SYNTHS["subtractive"]()
    row = synth.space.values([{"amp_release": 0.05}])
    audio = synth.render(row, Performance.of(NOTES, tail=0.1)).audio[0]
    path = tmp_path_factory.mktemp("chord") / "chord.wav"
    scipy.io.wavfile.write(path, 44_100, audio.T)
    return path


@pytest.fixture(scope="module")
def found(chord):
    return match(
        {"path": chord, "notes": TEXT},
        out=chord.parent / "run",
        workers=1,
        search=SEARCH,
    )


def test_the_best_render_is_of_all_notes(found):
    synth = SYNTHS["subtractive"]()
    preset = Preset.read(found.folder / "best.json", "subtractive", synth.space)
    sr, written = scipy.io.wavfile.read(found.folder / "best.wav")
    performance = Performance(notes=NOTES, length=len(written) / sr, sr=sr)
    assert np.array_equal(synth.render(preset.values[None], performance).audio[0, 0], written)
    alone = Performance(notes=NOTES[:1], length=len(written) / sr, sr=sr)
    assert not np.array_equal(synth.render(preset.values[None], alone).audio[0, 0], written)


def test_the_summary_and_the_report_name_the_notes(found):
    assert parse_notes(found.summary.target.notes) == NOTES
    assert "C4:0.1@0/100 E4:0.2@0.15/90 G4:0.2@0.15/90" in found.report.read_text()


def test_a_midi_file_is_the_same_as_its_notes(chord, found, tmp_path):
    write_midi(tmp_path / "chord.mid", NOTES)
    experiment = tmp_path / "chord.yaml"
    target = {"path": str(chord), "midi": "chord.mid"}  # beside the YAML file
    experiment.write_text(json.dumps({"target": target, "search": SEARCH}))
    config = load_experiment(experiment)
    assert config.target.notes == NOTES
    assert config.target.tempo == 120
    (tmp_path / "chord.mid").unlink()
    known = {"path": chord, "notes": config.target.notes}
    again = match(known, out=tmp_path / "run", workers=2, search=SEARCH)
    for key in ("objectives", "preset", "metrics"):
        assert getattr(again.summary, key) == getattr(found.summary, key)


def test_notes_begin_at_the_onset_of_the_recording(chord, tmp_path):
    known = {"path": chord, "notes": "C4:0.1@1"}
    run = match(known, out=tmp_path / "run", workers=1, search=SEARCH)
    assert run.summary.target.notes == "C4:0.1@0/100"


@pytest.mark.parametrize(
    ("target", "mend"),
    [
        ({"notes": "C4", "note": 60}, "single note"),
        ({"notes": "C4", "duration": 1.0}, "single note"),
        ({"notes": "H4"}, "write one such as"),
        ({"notes": "C4", "midi": "x.mid"}, "both give the notes"),
        ({"midi": "nowhere.mid"}, "nowhere.mid"),
        ({"notes": "C4", "tempo": 3}, "tempo"),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_sentence(chord, target, mend, tmp_path):
    with pytest.raises((ExperimentError, SynthError), match=mend) as caught:
        match({"path": chord, **target}, out=tmp_path / "run", search=SEARCH)
    assert "\n" not in str(caught.value)
