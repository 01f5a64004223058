import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import Note, SynthError, parse_notes
from patchwright.synths.performance.note_text import notes_text
from patchwright.synths.performance.notes import pitch_name

notes = st.builds(
    Note,
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
    onset=st.floats(0, 500),
    duration=st.floats(1e-9, 90),
)


def pitches(text):
    return [note.pitch for note in parse_notes(text)]


@pytest.mark.parametrize(
    ("key", "pitch"),
    [
        ("C4", 60),
        ("60", 60),
        ("c#4", 61),
        ("Db4", 61),
        ("dB4", 61),
        ("Cb4", 59),
        ("B#4", 72),
        ("b4", 71),
        ("bb4", 70),
        ("C-1", 0),
        ("g9", 127),
        ("007", 7),
    ],
)
def test_keys_have_names_and_numbers(key, pitch):
    assert pitches(key) == [pitch]


@pytest.mark.parametrize("pitch", range(128))
def test_every_name_is_read_back(pitch):
    assert pitches(pitch_name(pitch)) == [pitch]


def test_what_is_left_out():
    assert parse_notes("C4") == (Note(pitch=60, velocity=100, onset=0.0, duration=1.0),)


@pytest.mark.parametrize("text", ["C4:0.5@1.25/90", " c4:.5@1.25/90,", "60:5e-1@1.25/090"])
def test_every_part_of_a_note(text):
    assert parse_notes(text) == (Note(pitch=60, velocity=90, onset=1.25, duration=0.5),)


def test_a_chord_shares_its_times():
    assert parse_notes("C4+64+g4:2@1/30") == tuple(
        Note(pitch=pitch, velocity=30, onset=1.0, duration=2.0) for pitch in (60, 64, 67)
    )


@pytest.mark.parametrize("text", ["C4:0.5 E4 G4/90", "C4:0.5,E4,G4/90", "C4:0.5 , E4,\tG4/90\n"])
def test_notes_follow_each_other(text):
    times = [(note.pitch, note.onset, note.duration) for note in parse_notes(text)]
    assert times == [(60, 0.0, 0.5), (64, 0.5, 1.0), (67, 1.5, 1.0)]


def test_a_note_without_onset_overlaps_no_earlier_one():
    onsets = [note.onset for note in parse_notes("C4+C5:3 E4:0.5@0.5 G4 A4@0")]
    assert onsets == [0.0, 0.0, 0.5, 3.0, 0.0]


@given(st.lists(notes, min_size=1, max_size=8))
def test_notes_are_read_back_with_the_same_bits(notes):
    assert parse_notes(notes_text(notes)) == tuple(notes)


def test_the_text_is_short():
    assert notes_text(parse_notes("Eb4:2@0.25")) == "D#4:2@0.25/100"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There are no notes: write one such as C4"),
        (" , ", "There are no notes: write one such as C4"),
        ("H4", "'H4' is not a note: write one such as C4"),
        ("C4:", "'C4:' is not a note"),
        ("C4:-1", "is not a note"),
        ("C4:1 @2", "'@2' is not a note"),
        ("C4/90:1", "is not a note"),
        ("C4+", "is not a note"),
        ("C4 E4:x", "'E4:x' is not a note"),
        ("C٤", "is not a note"),
        ("C4:inf", "is not a note"),
        ("9" * 5000, "…' is not a note"),
        ("C10", "There is no key C10"),
        ("Ab9", "There is no key Ab9"),
        ("Cb-1", "There is no key Cb-1"),
        ("128", "There is no key 128"),
        ("C4/0", "out of range: give 1 to 127"),
        ("C4/128", "out of range: give 1 to 127"),
        ("C4:0", "more than 0 s"),
        ("C4:601", "'C4:601' ends at 601 s"),
        ("C4:400 C4:400", "ends at 800 s"),
        ("C4@1e999", "0 s or later"),
    ],
)
def test_what_is_no_note_is_one_clear_sentence(text, sentence):
    with pytest.raises(SynthError) as error:
        parse_notes(text)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 200


@given(st.text(alphabet="CDEFGABcdb#0123456789+:@/.,- e") | st.text())
def test_any_text_is_notes_or_one_sentence(text):
    try:
        read = parse_notes(text)
    except SynthError:
        return
    assert read
    assert parse_notes(notes_text(read)) == read
