import struct

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mido import Message, MetaMessage

from patchwright.synths import Note, SynthError, read_midi
from patchwright.synths.performance.midi import reading

BEAT = 480  # ticks; half a second without a tempo


def on(pitch, at, velocity=100, channel=1):
    return at, Message("note_on", note=pitch, velocity=velocity, channel=channel - 1)


def off(pitch, at, channel=1):
    return at, Message("note_off", note=pitch, channel=channel - 1)


def control(number, value, at, channel=1):
    return at, Message("control_change", control=number, value=value, channel=channel - 1)


def tempo(beat, at):
    return at, MetaMessage("set_tempo", tempo=beat)


def end(at):
    return at, MetaMessage("end_of_track")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notes.mid"


@pytest.fixture
def read(path):
    """Read tracks of (tick, message) in order of time."""

    def read(*tracks, kind=None, **options):
        write(path, *tracks, kind=kind)
        return read_midi(path, **options)

    return read


def write(path, *tracks, kind=None, ticks_per_beat=BEAT):
    file = mido.MidiFile(
        type=(len(tracks) > 1) if kind is None else kind, ticks_per_beat=ticks_per_beat
    )
    for track in tracks:
        now, messages = 0, file.add_track()
        for tick, message in track:
            messages.append(message.copy(time=tick - now))
            now = tick
    file.save(path)


def spans(read):
    return [(note.pitch, note.onset, note.end) for note in read.notes]


def test_one_note(read):
    read = read([on(60, 240, velocity=70), off(60, 720)])
    assert read.notes == (Note(pitch=60, velocity=70, onset=0.25, duration=0.5),)
    assert read.tempo == 120


def test_a_press_of_velocity_0_is_a_release(read):
    assert spans(read([on(60, 0), on(60, 480, velocity=0)])) == [(60, 0, 0.5)]


def test_running_status_is_read(path):
    track = bytes.fromhex("00 90 3c 64 83 60 3c 00 00 40 64 83 60 40 00 00 ff 2f 00")
    path.write_bytes(
        b"MThd"
        + struct.pack(">Lhhh", 6, 0, 1, BEAT)
        + b"MTrk"
        + struct.pack(">L", len(track))
        + track
    )
    assert spans(read_midi(path)) == [(60, 0, 0.5), (64, 0.5, 1)]


def test_the_first_release_ends_the_older_of_two_equal_keys(read):
    read = read([on(60, 0), on(60, 480, velocity=50), off(60, 960), off(60, 1920)])
    assert spans(read) == [(60, 0, 1), (60, 0.5, 2)]
    assert [note.velocity for note in read.notes] == [100, 50]


def test_a_key_never_released_ends_with_the_file(read):
    first = [on(60, 0), on(64, 480), off(64, 960)]
    assert spans(read(first, [end(1920)])) == [(60, 0, 2), (64, 0.5, 1)]


def test_a_release_without_a_press_is_nothing(read):
    assert spans(read([off(60, 0), on(60, 480), off(60, 960), off(60, 1440)])) == [(60, 0.5, 1)]


def test_notes_of_no_length_are_left_out(read):
    track = [on(60, 0), off(60, 0), on(62, 0), off(62, 480), on(64, 480)]
    assert spans(read(track)) == [(62, 0, 0.5)]


def test_tempo_changes_are_followed_exactly(read):
    # 1 beat of 0.5 s, 2 of 0.25 s, half of one of 1 s
    tempi = [tempo(250_000, 480), tempo(1_000_000, 1440)]
    read = read(tempi, [on(60, 240), off(60, 1440), on(62, 1440), off(62, 1680)])
    assert spans(read) == [(60, 0.25, 1), (62, 1, 1.5)]


def test_the_tempo_is_that_of_the_first_note(read):
    tempi = [tempo(600_000, 0), tempo(400_000, 480), tempo(300_000, 960)]
    notes = [on(60, 0), off(60, 480), on(62, 480), off(62, 960), on(64, 960), off(64, 1440)]
    assert read(notes, tempi).tempo == 100  # though its track is the second
    assert read(tempi, notes, start=0.6).tempo == 150
    assert read(tempi, notes, start=1.0).tempo == 200


@given(data=st.data())
def test_times_are_those_of_mido(data, tmp_path_factory):
    ticks = st.integers(0, 5000)
    changes = data.draw(st.dictionaries(ticks, st.integers(50_000, 2_000_000), max_size=5))
    begin, length = data.draw(ticks), data.draw(st.integers(1, 5000))
    path = tmp_path_factory.getbasetemp() / "tempi.mid"
    tempi = [tempo(beat, tick) for tick, beat in sorted(changes.items())]
    write(path, tempi, [on(60, begin), off(60, begin + length)])
    now, pressed, released = 0.0, None, None
    for message in mido.MidiFile(path):  # times in seconds, added up by mido
        now += message.time
        if message.type == "note_on":
            pressed = now
        elif message.type == "note_off":
            released = now
    [note] = read_midi(path).notes
    assert note.onset == pytest.approx(pressed, abs=1e-9)
    assert note.end == pytest.approx(released, abs=1e-9)


def test_the_pedal_holds_notes_until_it_comes_up(read):
    track = [
        on(60, 0),
        control(64, 127, 240),
        off(60, 480),
        on(64, 480),
        off(64, 960),
        on(67, 960),
        control(64, 64, 1200),  # still down
        control(64, 63, 1440),
        off(67, 1920),
    ]
    assert spans(read(track)) == [(60, 0, 1.5), (64, 0.5, 1.5), (67, 1, 2)]


def test_the_pedal_is_its_channels_on_all_tracks(read):
    pedal = [control(64, 127, 0), control(64, 0, 960)]
    left = [on(60, 0), off(60, 480)]
    other = [on(64, 0, channel=2), off(64, 480, channel=2)]
    assert spans(read(pedal, left, other)) == [(60, 0, 1), (64, 0, 0.5)]


def test_a_pedal_never_lifted_holds_until_the_file_ends(read):
    track = [control(64, 127, 0), on(60, 0), off(60, 480), end(960)]
    assert spans(read(track)) == [(60, 0, 1)]


@pytest.mark.parametrize(
    ("number", "ends"),
    [(120, (1, 1)), (121, (1, 2)), (123, (1.5, 1)), (1, (1.5, 2))],
)
def test_controllers_that_end_notes(number, ends, read):
    track = [
        control(64, 127, 0),
        on(60, 0),
        off(60, 480),
        on(64, 480, channel=3),
        control(64, 0, 600, channel=2),
        control(number, 0, 960),
        control(number, 0, 960, channel=3),
        control(64, 0, 1440),
        off(64, 1920, channel=3),
    ]
    assert spans(read(track)) == [(60, 0, ends[0]), (64, 0.5, ends[1])]


def test_all_notes_off_leaves_the_pedals_notes(read):
    track = [control(64, 127, 0), on(60, 0), control(123, 0, 480), control(64, 0, 960), end(1920)]
    assert spans(read(track)) == [(60, 0, 1)]


def test_channels_and_tracks_are_chosen(read):
    tracks = [
        [tempo(500_000, 0)],
        [on(60, 0), off(60, 480), on(62, 480, channel=2), off(62, 960, channel=2)],
        [on(36, 0, channel=10), off(36, 480, channel=10), on(64, 960), off(64, 1440)],
    ]

    def pitches(**options):
        return [note.pitch for note in read(*tracks, **options).notes]

    assert pitches() == [60, 62, 64]
    assert pitches(channels=[10]) == [36]
    assert pitches(channels=(2, 10)) == [36, 62]
    assert pitches(tracks=[2]) == [60, 62]
    assert pitches(tracks=[3], channels={1}) == [64]
    with pytest.raises(SynthError, match=r"track 2 \(channel 1\), .*\(channel 2"):
        pitches(tracks=[1])


def test_each_track_releases_its_own_keys(read):
    first = [on(60, 0), off(60, 1920)]
    assert spans(read(first, [on(60, 480), off(60, 960)])) == [(60, 0, 2), (60, 0.5, 1)]


def test_a_part_is_cut_out(read):
    track = [on(60, 0), on(62, 480), off(62, 960), on(64, 960), off(64, 1440), off(60, 1920)]
    assert spans(read(track, start=0.75, length=1)) == [(60, 0, 1), (62, 0, 0.25), (64, 0.25, 0.75)]
    assert spans(read(track, start=1, length=0.25)) == [(60, 0, 0.25), (64, 0, 0.25)]
    assert spans(read(track, start=1.5)) == [(60, 0, 0.5)]
    with pytest.raises(SynthError, match="0 s and 2 s"):
        read(track, start=2)


def test_slivers_at_a_cut_are_left_out(read):
    track = [on(60, 0), on(62, 0), off(62, 3), off(60, 480), on(64, 480), off(64, 960)]
    assert spans(read(track, length=0.504)) == [(60, 0, 0.5), (62, 0, 3 / 960)]
    assert spans(read(track, start=0.496)) == [(64, pytest.approx(0.004), pytest.approx(0.504))]
    assert len(read(track, start=0.494, length=0.012).notes) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": -1},
        {"start": float("nan")},
        {"start": float("inf")},
        {"start": 1e300},
        {"length": 0},
        {"length": 601},
        {"length": float("nan")},
    ],
)
def test_wrong_parts_are_refused(wrong, read):
    with pytest.raises(SynthError):
        read([on(60, 0), off(60, 480)], **wrong)


def test_what_is_longer_than_a_performance_needs_a_length(read):
    track = [on(60, 0), off(60, 480), on(62, 960 * 599), off(62, 960 * 601)]
    with pytest.raises(SynthError, match="give a start"):
        read(track)
    assert spans(read(track, length=600)) == [(60, 0, 0.5), (62, 599, 600)]


def test_only_so_many_notes_are_played(read, monkeypatch):
    monkeypatch.setattr(reading, "MAX_NOTES", 3)
    track = [event for n in range(4) for event in (on(60, 480 * n), off(60, 480 * n + 480))]
    with pytest.raises(SynthError, match="4 notes in 2 s"):
        read(track)
    assert len(read(track, length=1.5).notes) == 3


def test_formats(read, path):
    track = [on(60, 0), off(60, 480)]
    assert read(track, kind=0) == read(track, kind=1)
    with pytest.raises(SynthError, match="format 2: "):
        read(track, kind=2)
    write(path, track, ticks_per_beat=-(25 << 8) + 40)
    with pytest.raises(SynthError, match="film frames"):
        read_midi(path)


@pytest.mark.parametrize("tracks", [[], [[]], [[tempo(500_000, 0), off(60, 480)]]])
def test_a_file_without_notes_is_refused(tracks, read):
    with pytest.raises(SynthError, match="no notes to play"):
        read(*tracks, kind=1)
