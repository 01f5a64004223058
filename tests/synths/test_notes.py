import pytest

from synths import Note, Performance, SynthError
from synths.notes import midi_to_hz, pitch_name


@pytest.mark.parametrize(("pitch", "name"), [(0, "C-1"), (57, "A3"), (60, "C4"), (61, "C#4")])
def test_pitches_have_names(pitch, name):
    assert pitch_name(pitch) == name


def test_pitches_have_frequencies():
    assert midi_to_hz(69) == 440
    assert midi_to_hz(57) == 220
    assert midi_to_hz(60) == pytest.approx(261.6256, abs=1e-4)


def test_a_performance_has_whole_samples():
    assert Performance(notes=(Note(pitch=60),), length=1.7299546485260772).samples == 76_291


@pytest.mark.parametrize(
    "wrong",
    [
        {"pitch": 128},
        {"pitch": 60, "velocity": 0},
        {"pitch": 60, "onset": -1.0},
        {"pitch": 60, "duration": 0.0},
        {"pitch": 60, "duration": float("nan")},
    ],
)
def test_wrong_notes_are_refused(wrong):
    with pytest.raises(SynthError):
        Note(**wrong)


@pytest.mark.parametrize("wrong", [{"length": 0.0}, {"length": 1e9}, {"sr": 4000}, {"notes": ()}])
def test_wrong_performances_are_refused(wrong):
    with pytest.raises(SynthError):
        Performance(**{"notes": (Note(pitch=60),), "length": 1.0} | wrong)
