import mido
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patchwright.synths import Note, SynthError, read_midi, write_midi
from patchwright.synths.performance.notes import in_order

notes = st.builds(
    Note,
    pitch=st.integers(60, 63),
    velocity=st.integers(1, 127),
    onset=st.floats(0, 20),
    duration=st.floats(1e-3, 10),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notes.mid"


@example(played=[Note(pitch=60, onset=1.0363900271887703, duration=1e-3)], tempo=20.0)
@given(played=st.lists(notes, min_size=1, max_size=12), tempo=st.floats(4, 999))
def test_notes_are_read_back_within_a_tick(played, tempo, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "back.mid"
    write_midi(path, played, tempo=tempo)
    back = read_midi(path)
    assert back.tempo == pytest.approx(tempo, rel=2e-5)  # whole µs per beat
    tick = 60 / back.tempo / 960
    left = list(back.notes)
    for note in played:
        same = next(
            other
            for other in left
            if (other.pitch, other.velocity) == (note.pitch, note.velocity)
            and abs(other.onset - note.onset) <= tick
            and abs(other.end - note.end) <= tick
        )
        left.remove(same)
    assert not left
    data = path.read_bytes()
    write_midi(path, back.notes, tempo=back.tempo)
    assert path.read_bytes() == data


def test_a_written_file_is_what_a_daw_expects(path):
    played = [Note(pitch=60, onset=1, duration=1), Note(pitch=60, duration=1, velocity=3)]
    write_midi(path, reversed(played), tempo=90)
    file = mido.MidiFile(path)
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (0, 960, 1)
    assert [message.type for message in file.tracks[0]] == (
        ["set_tempo", *["note_on", "note_off"] * 2, "end_of_track"]
    )
    assert file.tracks[0][0].tempo == 666_667
    assert file.length == pytest.approx(2, abs=1e-3)
    assert read_midi(path, channels=[1]).notes[0].velocity == 3


def test_notes_within_each_other_keep_their_ends(path):
    played = [Note(pitch=60, onset=n, duration=31 - 2 * n) for n in range(15)]
    write_midi(path, played)
    assert read_midi(path).notes == in_order(played)
    with pytest.raises(SynthError, match="More than 15"):
        write_midi(path, [*played, Note(pitch=60, onset=15, duration=0.5)])


@pytest.mark.parametrize(
    ("played", "options", "sentence"),
    [
        ([], {}, "give at least one"),
        ([Note(pitch=60)], {"tempo": 1000}, "give 4 to 999"),
        ([Note(pitch=60)], {"tempo": 0}, "give 4 to 999"),
        ([Note(pitch=60, onset=1e300)], {}, "by 600 s"),
    ],
)
def test_what_cannot_be_written_is_refused(played, options, sentence, path):
    with pytest.raises(SynthError, match=sentence):
        write_midi(path, played, **options)
    assert not path.exists()


def test_a_place_that_cannot_be_written_to_is_one_sentence(tmp_path):
    with pytest.raises(SynthError, match="cannot be written"):
        write_midi(tmp_path / "nowhere" / "notes.mid", [Note(pitch=60)])
