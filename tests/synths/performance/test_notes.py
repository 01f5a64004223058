import numpy as np
import pytest

from patchwright.synths import Note, Performance, SynthError
from patchwright.synths.builtin import Subtractive
from patchwright.synths.performance.notes import midi_to_hz, pitch_name


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 0.0},
        {"length": 1e9},
        {"sr": 4000},
        {"notes": ()},
        {"tempo": 3.9},
        {"tempo": 1000.0},
        {"tempo": float("nan")},
    ],
)
def test_wrong_performances_are_refused(wrong):
    with pytest.raises(SynthError):
        Performance(**{"notes": (Note(pitch=60),), "length": 1.0} | wrong)


CHORD = (
    Note(pitch=64, duration=0.2),
    Note(pitch=60, duration=0.3),
    Note(pitch=60, onset=0.1, duration=0.4),
    Note(pitch=60, velocity=50, duration=0.3),
)


def test_a_performance_ends_a_tail_after_its_last_note():
    assert Performance.of(CHORD).length == 1.5
    assert Performance.of(CHORD, tail=0).length == 0.5
    given = Performance.of(iter(CHORD), tail=9, length=0.25, sr=48_000, tempo=90)
    assert (given.length, given.sr, given.tempo) == (0.25, 48_000, 90)


@pytest.mark.parametrize("wrong", [{"notes": ()}, {"tail": -0.1}, {"tail": float("nan")}])
def test_what_cannot_be_performed_is_refused(wrong):
    with pytest.raises(SynthError):
        Performance.of(**{"notes": CHORD} | wrong)


def test_the_order_of_the_notes_does_not_matter():
    there, back = Performance.of(CHORD), Performance.of(reversed(CHORD))
    assert there == back
    assert hash(there) == hash(back)
    assert [note.velocity for note in there.notes] == [50, 100, 100, 100]
    assert [note.onset for note in there.notes] == [0, 0, 0, 0.1]


def test_a_noisy_chord_has_the_same_bits_in_any_order():
    synth = Subtractive()
    values = synth.space.values([{"noise_level": 1.0}])
    there, back = (
        synth.render(values, Performance.of(notes, sr=8000, length=0.3)).audio
        for notes in (CHORD, CHORD[::-1])
    )
    assert np.array_equal(there, back)
    assert there.any()
