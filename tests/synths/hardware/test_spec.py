"""Specs of hardware synths: those that are shipped, and mistakes in those of users."""

import mido
import numpy as np
import pytest
import yaml

from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.spec import find_spec, shipped_specs
from patchwright.synths.presets import dx7


@pytest.mark.parametrize("name", shipped_specs())
def test_shipped_specs_name_their_source_and_send_what_midi_allows(name):
    spec = find_spec("", name)
    assert spec.file.about
    assert spec.file.source
    assert not spec.file.tried
    for row in spec.space.sample(5, np.random.default_rng(0)):
        sent = b"".join(spec.messages(row))
        assert b"".join(bytes(m.bytes()) for m in mido.Parser(sent)) == sent
    if spec.file.voice is None:
        numbers = [tuple(message[:2]) for message in spec.messages(spec.space.defaults)]
        assert len(set(numbers)) == len(numbers)  # no controller stands for two parameters


@pytest.mark.parametrize("name", shipped_specs())
def test_each_shipped_spec_is_found_by_a_port_and_by_one_only(name):
    port = find_spec("", name).file.ports[0].replace("*", " ")
    assert find_spec(port).name == name


def test_a_dx7_voice_is_one_message_that_reads_back():
    spec = find_spec("", "yamaha-dx7", channel=3)
    row = spec.space.snap(spec.space.sample(1, np.random.default_rng(1)))[0]
    (message,) = spec.messages(row)
    assert (len(message), message[2]) == (163, 2)
    ((_, read),) = dx7.decode(message)
    wanted = spec.space.readable(row[np.newaxis])[0]
    for name, value in read.items():
        close = abs(value - wanted[name]) <= 0.5 if type(value) is int else value == wanted[name]
        assert close, name


def write(tmp_path, content):
    path = tmp_path / "own.yaml"
    path.write_text(
        content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    )
    return path


def test_a_spec_refines_what_is_shown(tmp_path):
    entry = {"kind": "continuous", "low": 20, "high": 20_000, "unit": "Hz", "scale": "log"}
    sends = {"cc": 74, "range": [10, 110]}
    path = write(tmp_path, {"channel": 5, "parameters": {"cutoff": entry | {"sends": sends}}})
    spec = find_spec("", path)
    assert spec.space["cutoff"].text(1.0) == "20000 Hz"
    assert spec.messages(np.array([1.0])) == [bytes([0xB4, 74, 110])]
    assert spec.messages(np.array([0.0])) == [bytes([0xB4, 74, 10])]


def test_messages_come_before_in_the_order_of_the_file(tmp_path):
    parameters = {"b": {"sends": {"cc": 2}}, "a": {"sends": {"cc": 1}}}
    path = write(tmp_path, {"before": ["F0 7D {channel} F7"], "parameters": parameters})
    sent = find_spec("", path).messages(np.zeros(2))
    assert [message[1] for message in sent] == [0x7D, 2, 1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "no parameters"),
        ({"parameters": {"a": {}}}, "a sends nothing"),
        ({"parameters": {"a": {"sends": {"cc": 1, "cx": 2}}}}, "cx"),
        ({"parameters": {"a": {"sends": {"cc": 200}}}}, "parameters.a.sends.cc"),
        ({"channel": 17, "parameters": {"a": {"sends": {"cc": 1}}}}, "channel"),
        ({"voice": "dx7", "parameters": {"algorithm": {"sends": {"cc": 1}}}}, "as a whole"),
        ({"before": ["F0 99 F7"], "parameters": {"a": {"sends": {"cc": 1}}}}, "before"),
        (
            {
                "parameters": {
                    "a": {
                        "kind": "categorical",
                        "choices": ["x", "y"],
                        "sends": {"cc": 1, "values": [0, 1, 2]},
                    }
                }
            },
            "2 levels and 3",
        ),
        ("- a list", "keys and values"),
    ],
)
def test_mistakes_name_the_place(tmp_path, content, words):
    with pytest.raises(SynthError, match=words):
        find_spec("", write(tmp_path, content))


def test_an_unknown_spec_and_an_unknown_port_list_the_shipped_ones():
    with pytest.raises(SynthError, match="korg-minilogue"):
        find_spec("", "korg-minilog")
    with pytest.raises(SynthError, match=r"--spec.*yamaha-dx7"):
        find_spec("a port of something else")
