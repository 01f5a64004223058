import contextlib
import functools
import io
import os
import struct
import time

import mido
import numpy as np
import pytest
from mido import Message, MetaMessage

from patchwright.synths import Performance, SynthError, read_midi
from patchwright.synths.performance.midi import file as midi_file
from tests.sizes import size

BEAT = 480  # ticks


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notes.mid"


def test_files_that_cannot_be_read(path, tmp_path):
    with pytest.raises(SynthError, match=r"No such file .* give the path of a MIDI file"):
        read_midi(path)
    with pytest.raises(SynthError, match="is a folder: give the path of a MIDI file"):
        read_midi(tmp_path)
    with pytest.raises(SynthError, match="cannot be read"):
        read_midi(tmp_path / ("x" * 5000))
    os.mkfifo(path)
    with pytest.raises(SynthError, match="is a pipe: give the path of a MIDI file"):
        read_midi(path)


def header(tracks=1, ticks=BEAT, kind=0):
    return b"MThd" + struct.pack(">Lhhh", 6, kind, tracks, ticks)


def chunk(data):
    return b"MTrk" + struct.pack(">L", len(data)) + data


NOTE = bytes.fromhex("00 90 3c 64 60 80 3c 00")


@pytest.mark.parametrize(
    ("data", "byte"),
    [
        (b"", 0),
        (b"RIFF" + bytes(100), 0),
        (b"RIFF\x00\x00\x00\x00RMID" + bytes(100), 12),
        (b"RIFF\x00\x00\x00\x00RMIDdata\x04\x00\x00\x00MThd", 20),
        (b"MThd\xff\xff\xff\xff" + bytes(6), 0),
        (header(tracks=32767), 14),
        (header(ticks=0) + chunk(NOTE), 0),
        (header() + b"MTrk\xff\xff\xff\xff" + NOTE, 14),
        (header() + b"\x00\x01\x02\x03" + bytes(4), 14),
        (header() + chunk(b"\x00\xff\x51\x03\x00\x00\x00" + NOTE), 23),  # a beat of 0 µs
        (header() + chunk(b"\x00\xff\x51\x02\x00\x01" + NOTE), 23),
        (header() + chunk(b"\x00\xf4" + NOTE), 23),
        (header() + chunk(b"\x00\x3c\x64"), 23),  # no status yet
        (header() + chunk(b"\x00\x90\x3c\x64\x00\xf0\x01\xf7\x00\x3c\x64"), 31),
        (header() + chunk(NOTE + b"\x00\x90\x3c\xe4"), 33),
        (header() + chunk(NOTE[:-1]), 28),
        (header() + chunk(NOTE + b"\x00"), 30),
        (header() + chunk(NOTE + b"\x00\xff\x03\xff\xff\xff\x7f"), 31),  # a name of 268 MB
        (header() + chunk(b"\x81\x80\x80\x80\x00\x90\x3c\x64\x60\x80\x3c\x00"), 22),
        (header() + chunk(b"\xff" * 1_000_000), 22),  # a number without end
    ],
)
def test_damaged_files_are_one_quick_sentence_that_names_the_byte(data, byte, path):
    path.write_bytes(data)
    began = time.process_time()
    with pytest.raises(SynthError, match=f"{path} is not a MIDI file, .* at byte {byte} "):
        read_midi(path)
    assert time.process_time() - began < 2


def riff(data, *before):
    chunks = [*before, b"data" + struct.pack("<L", len(data)) + data]
    body = b"RMID" + b"".join(each + bytes(len(each) % 2) for each in chunks)
    return b"RIFF" + struct.pack("<L", len(body)) + body


END = b"\x00\xff\x2f\x00"
PLAIN = header() + chunk(NOTE + END)


@pytest.mark.parametrize(
    "data",
    [
        riff(PLAIN),
        riff(PLAIN, b"INFO\x03\x00\x00\x00abc"),
        b"MThd" + struct.pack(">Lhhh", 8, 0, 1, BEAT) + b"??" + chunk(NOTE),  # a longer header
        header() + b"XFIH\x00\x00\x00\x02ab" + chunk(NOTE),  # a chunk of another kind
        header() + chunk(b"\x00\xf7\x02\xf3\x01" + NOTE),  # an escape event
        header() + chunk(b"\x00\xf7\x03\x90\xff\x80" + NOTE),
        header() + chunk(b"\x00\xf0\x02\x43\x12\x00\xf7\x02\x05\xf7" + NOTE),  # in two packets
        header() + chunk(b"\x00\xf8" + NOTE),  # a clock
        header() + chunk(NOTE[:4] + b"\x00\xff\x01\x01\xff\x60\x3c\x00"),  # running status
        header() + chunk(NOTE + END + bytes(40)),  # padded
        header() + chunk(NOTE + END) + bytes(3),
        header() + chunk(b"\x00\xff\x7f\x81\x00" + bytes(128) + NOTE),
    ],
)
def test_unusual_files_are_read_like_plain_ones(data, path, caplog):
    path.write_bytes(PLAIN)
    plain = read_midi(path)
    path.write_bytes(data)
    assert read_midi(path) == plain
    assert not caplog.messages


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (header() + chunk(b"\x00\xff\x59\x02\x09\x03" + NOTE), "key signature at byte 23"),
        (header() + chunk(b"\x00\xff\x59\x01\x00" + NOTE), "key signature at byte 23"),
        (header() + chunk(b"\x00\xff\x58\x02\x04\x02" + NOTE), "time signature at byte 23"),
        (header() + chunk(b"\x00\xff\x54\x02\xff\x00" + NOTE), "SMPTE offset at byte 23"),
        (header() + chunk(b"\x00\xff\x51\x04\x07\xa1\x20\x00" + NOTE), "tempo at byte 23"),
        (header(tracks=3, kind=1) + chunk(NOTE), "states 3 tracks, and it has 1"),
        (header() + chunk(NOTE + END + b"\x00\x90"), "end of track 1, at byte 34"),
        (header() + chunk(NOTE) + chunk(NOTE), "last track, at byte 30"),
    ],
)
def test_what_does_not_concern_the_notes_is_left_out_with_one_warning(data, sentence, path, caplog):
    path.write_bytes(PLAIN)
    plain = read_midi(path)
    path.write_bytes(data)
    assert [read_midi(path) for _ in range(2)] == [plain] * 2
    [message] = caplog.messages
    assert message.startswith(f"{path}: ")
    assert sentence in message


@pytest.mark.parametrize(
    ("beat", "tempo", "warned"),
    [
        (6_000_000, 10.0, False),
        (15_000_000, 4.0, False),
        (16_000_000, 4.0, True),
        (60, 999.0, True),
    ],
)
def test_a_slow_or_fast_tempo_has_a_way_out(beat, tempo, warned, path, caplog):
    track = b"\x00\xff\x51\x03" + beat.to_bytes(3, "big") + b"\x00\x90\x3c\x64\x83\x60\x80\x3c\x00"
    path.write_bytes(header() + chunk(track))
    read = read_midi(path)
    assert read.tempo == tempo
    assert read.notes[0].duration == beat / 1e6  # as in the file, whatever plugins are told
    assert Performance.of(read.notes, tempo=read.tempo).tempo == tempo
    assert bool(caplog.messages) == warned


def test_the_notes_of_a_rich_file_are_those_that_mido_reads(path):
    path.write_bytes(rich())
    pressed, now = [], 0.0
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on":
            pressed.append((message.note, pytest.approx(now)))
    assert [(note.pitch, note.onset) for note in read_midi(path).notes] == pressed


def test_files_are_not_read_beyond_a_size(path, monkeypatch):
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(SynthError, match="larger than 2 MiB"):
        read_midi(path)
    monkeypatch.setattr(midi_file, "MAX_BYTES", len(header() + chunk(NOTE)))
    path.write_bytes(header() + chunk(NOTE))
    assert len(read_midi(path).notes) == 1
    path.write_bytes(header() + chunk(NOTE) + b"\x00")
    with pytest.raises(SynthError, match="larger than"):
        read_midi(path)


MANY = midi_file.MAX_BYTES // size(1, 4) - 100


@pytest.mark.parametrize(
    "events",
    [
        b"\x00\x90\x3c\x64" + b"\x00\x3c\x64" * (MANY // 3),  # presses
        b"\x00\x90\x3c\x64" + b"\x00\x3c\x00" * (MANY // 3),  # releases
        b"\x00\xb0\x40\x7f" + b"\x00\x40\x7f" * (MANY // 3),  # pedals
        b"\x00\xff\x51\x03\x07\xa1\x20" * (MANY // 7),  # tempos
        NOTE + b"\x00\xd0\x00" + b"\x00\x00" * (MANY // 2),
        NOTE + b"\x00\xff\x58\x00" * (MANY // 4),  # as many warnings
        NOTE + b"\x00\xf8" * (MANY // 2),
    ],
)
def test_files_of_a_million_events_are_read_or_refused_soon_and_small(events, path, caplog):
    path.write_bytes(header() + chunk(events))
    assert path.stat().st_size <= midi_file.MAX_BYTES
    began = time.process_time()
    with contextlib.suppress(SynthError):
        read_midi(path)
    assert time.process_time() - began < 10  # 2 s on an idle machine
    assert len(caplog.messages) <= 3


def test_many_releases_of_many_keys_are_quick(path):
    keys = b"".join(b"\x00\x90" + bytes([n, 100]) for n in range(128))
    tracks = [chunk(keys)] * 400 + [chunk(b"\x00\xb0\x7b\x00" + b"\x00\x7b\x00" * 100_000)]
    path.write_bytes(header(tracks=401, kind=1) + b"".join(tracks))
    began = time.process_time()
    with pytest.raises(SynthError, match="no notes in that range"):
        read_midi(path)
    assert time.process_time() - began < 10


@functools.cache
def rich():
    """Return a file with many kinds of messages."""
    stream = io.BytesIO()
    file = mido.MidiFile(type=1, ticks_per_beat=BEAT)
    file.tracks.append(
        mido.MidiTrack(
            [
                MetaMessage("set_tempo", tempo=400_000),
                MetaMessage("time_signature"),
                MetaMessage("key_signature", key="F#m"),
                MetaMessage("smpte_offset"),
                MetaMessage("track_name", name="tempi"),
                MetaMessage("sequencer_specific", data=(1, 2, 200)),
                MetaMessage("set_tempo", tempo=600_000, time=480),
            ]
        )
    )
    track = file.add_track("notes")
    for pitch in range(60, 68):
        track.append(Message("note_on", note=pitch, time=100))
        track.append(Message("control_change", control=64, value=(pitch % 2) * 127, time=10))
        track.append(Message("note_off", note=pitch, time=200))
    track += [Message("sysex", data=(1, 2, 3)), Message("pitchwheel"), Message("program_change")]
    file.save(file=stream)
    return stream.getvalue()


def fuzzed(kind, rng):
    data = bytearray(rich())
    if kind == "cut":
        return bytes(data[: rng.integers(len(data))])
    if kind == "flipped":
        for place in rng.integers(len(data), size=rng.integers(1, 5)):
            data[place] ^= 1 << int(rng.integers(8))
        return bytes(data)
    if kind == "replaced":
        for place in rng.integers(14, len(data), size=rng.integers(1, 5)):
            data[place : place + rng.integers(4)] = rng.bytes(rng.integers(4))
        return bytes(data)
    return header() + chunk(rng.bytes(rng.integers(60)))


def test_what_is_fuzzed_can_be_read(path):
    path.write_bytes(rich())
    assert len(read_midi(path).notes) == 8


@pytest.mark.parametrize("kind", ["cut", "flipped", "replaced", "random"])
def test_fuzzed_files_are_notes_or_one_sentence(kind, path):
    rng = np.random.default_rng(1)
    sentences = []
    for _ in range(size(1500, 300)):
        path.write_bytes(fuzzed(kind, rng))
        try:
            notes = read_midi(path).notes
        except SynthError as error:
            sentences.append(str(error))
        else:
            assert 0 < max(note.end for note in notes) < 600.001
    assert len(sentences) > 20
    assert all(sentence.endswith(".") for sentence in sentences)
