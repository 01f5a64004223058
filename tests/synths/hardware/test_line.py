"""A recording in the making: events by the audio's clock, and silence before."""

import numpy as np
import pytest

from patchwright.synths import Note, Performance, SynthError
from patchwright.synths.hardware import ports
from patchwright.synths.hardware.line import Event, Listener, note_events


def blocks(listener, peaks, size=100):
    for peak in peaks:
        listener.hear(np.full((1, size), peak, np.float32), gap=False)


def listener(sent, **options):
    events = [Event(0.0, b"a"), Event(0.25, b"b")]
    defaults = {"quiet": 0.1, "patience": 1.0, "send": sent.append}
    return Listener(events, 500, 1, 1000, **defaults | options)


def test_it_begins_when_the_synth_is_quiet_and_sends_on_time():
    sent = []
    listening = listener(sent)
    blocks(listening, [0.5, 0.5, 0.0])
    assert sent == []
    blocks(listening, [0.01])
    assert sent == [b"a"]
    blocks(listening, [0.02])
    assert sent == [b"a"]
    blocks(listening, [0.03])
    assert sent == [b"a", b"b"]
    blocks(listening, [0.04, 0.05])
    assert listening.done.is_set()
    take = listening.take()
    assert not take.restless
    assert take.audio[0, ::100] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])


def test_it_begins_at_last_and_says_so():
    listening = listener([], patience=0.3)
    blocks(listening, [0.5] * 8)
    assert listening.done.is_set()
    assert listening.take().restless


def test_missing_audio_is_told():
    listening = listener([], patience=0.0)
    blocks(listening, [0.0])
    for _ in range(5):
        listening.hear(np.zeros((1, 100), np.float32), gap=True)
    assert listening.take().gaps


def test_every_pressed_note_is_released():
    performance = Performance(notes=(Note(pitch=60, duration=2.0), Note(pitch=64)), length=1.5)
    messages = [event.message for event in note_events(performance, 2)]
    assert messages.count(bytes([0x91, 60, 100])) == 1
    assert messages.count(bytes([0x81, 64, 0])) == 1


def test_a_wrong_port_lists_those_that_are_there(monkeypatch):
    monkeypatch.setattr(ports, "output_ports", lambda: {"DX7 MIDI 1": "X", "DX7 MIDI 2": "X"})
    assert ports.find_port("midi 2") == ("DX7 MIDI 2", "X")
    with pytest.raises(SynthError, match=r"several.*DX7 MIDI 1, DX7 MIDI 2"):
        ports.find_port("dx7")
    with pytest.raises(SynthError, match=r"no MIDI output.*DX7 MIDI 1"):
        ports.find_port("minilogue")


def test_absent_packages_are_named_with_the_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rtmidi", None)
    with pytest.raises(SynthError, match=r"pip install 'patchwright\[hardware\]'"):
        ports.output_ports()
