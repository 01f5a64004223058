import io
import os
import struct
import time

import mido
import numpy as np
import pytest
from mido import Message, MetaMessage

from patchwright.synths import SynthError, read_midi
from patchwright.synths.performance.midi import file as midi_file

BEAT = 480  # ticks


@pytest.fixture
def path(tmp_path):
    return tmp_path / "notes.mid"


def test_files_that_cannot_be_read(path, tmp_path):
    with pytest.raises(SynthError, match="There is no MIDI file"):
        read_midi(path)
    with pytest.raises(SynthError, match="There is no MIDI file"):
        read_midi(tmp_path)
    with pytest.raises(SynthError, match="cannot be read"):
        read_midi(tmp_path / ("x" * 5000))
    os.mkfifo(path)
    with pytest.raises(SynthError, match="There is no MIDI file"):
        read_midi(path)


def header(tracks=1, ticks=BEAT, kind=0):
    return b"MThd" + struct.pack(">Lhhh", 6, kind, tracks, ticks)


def chunk(data):
    return b"MTrk" + struct.pack(">L", len(data)) + data


NOTE = bytes.fromhex("00 90 3c 64 60 80 3c 00")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF" + bytes(100),
        b"MThd\xff\xff\xff\xff" + bytes(6),
        header(tracks=32767),
        header(ticks=0) + chunk(NOTE),
        header() + b"MTrk\xff\xff\xff\xff" + NOTE,
        header() + chunk(b"\x00\xff\x51\x03\x00\x00\x00" + NOTE),  # a beat of 0 µs
        header() + chunk(b"\x00\xff\x51\x02\x00\x01" + NOTE),  # IndexError
        header() + chunk(b"\x00\xff\x54\x05\xff\x00\x00\x00\x00" + NOTE),  # KeyError
        header() + chunk(b"\x00\xff\x59\x02\x09\x03" + NOTE),  # KeySignatureError
        header() + chunk(b"\x00\xff\x54\x05\x00\xff\x00\x00\x00" + NOTE),  # ValueError
        header() + chunk(b"\x00\xf4" + NOTE),  # OSError
        header() + chunk(NOTE + b"\x00\xff\x03\xff\xff\xff\x7f"),  # a name of 268 MB
        header() + chunk(b"\x81\x80\x80\x80\x00\x90\x3c\x64\x60\x80\x3c\x00"),
        header() + chunk(b"\xff" * 1_000_000),  # a number of this length would take hours
    ],
)
def test_damaged_files_are_one_quick_sentence(data, path):
    path.write_bytes(data)
    began = time.perf_counter()
    with pytest.raises(SynthError, match="is not a MIDI file"):
        read_midi(path)
    assert time.perf_counter() - began < 2


def test_files_are_not_read_beyond_a_size(path, monkeypatch):
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(SynthError, match="larger than 2,097,152 bytes"):
        read_midi(path)
    monkeypatch.setattr(midi_file, "MAX_BYTES", len(header() + chunk(NOTE)))
    path.write_bytes(header() + chunk(NOTE))
    assert len(read_midi(path).notes) == 1
    path.write_bytes(header() + chunk(NOTE) + b"\x00")
    with pytest.raises(SynthError, match="larger than"):
        read_midi(path)


def test_many_releases_of_many_keys_are_quick(path):
    keys = b"".join(b"\x00\x90" + bytes([n, 100]) for n in range(128))
    tracks = [chunk(keys)] * 400 + [chunk(b"\x00\xb0\x7b\x00" + b"\x00\x7b\x00" * 100_000)]
    path.write_bytes(header(tracks=401, kind=1) + b"".join(tracks))
    began = time.process_time()
    with pytest.raises(SynthError, match="no notes in that range"):
        read_midi(path)
    assert time.process_time() - began < 10


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
    for _ in range(1500):
        path.write_bytes(fuzzed(kind, rng))
        try:
            notes = read_midi(path).notes
        except SynthError as error:
            sentences.append(str(error))
        else:
            assert 0 < max(note.end for note in notes) < 600.001
    assert len(sentences) > 100
    assert all(sentence.endswith(".") for sentence in sentences)
