"""Bytes that are sent: decoded again as an instrument does, and against published examples."""

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.messages import Sends, Template, checksum

CHANNELS = st.integers(1, 16)


def received(messages: list[bytes]) -> list[mido.Message]:
    parsed = list(mido.Parser(b"".join(messages)))
    assert b"".join(bytes(message.bytes()) for message in parsed) == b"".join(messages)
    return parsed


def controls(messages: list[bytes], channel: int) -> list[tuple[int, int]]:
    parsed = received(messages)
    assert all(m.type == "control_change" and m.channel == channel - 1 for m in parsed)
    return [(message.control, message.value) for message in parsed]


@given(st.integers(0, 119), st.integers(0, 127), CHANNELS)
def test_a_controller_is_received(number, value, channel):
    assert controls(Sends(cc=number).messages(value, channel=channel), channel) == [(number, value)]


@given(st.integers(0, 31), st.integers(0, 2**14 - 1), CHANNELS)
def test_a_controller_of_14_bits_is_received_upper_bits_first(number, value, channel):
    (msb, high), (lsb, low) = controls(Sends(cc14=number).messages(value, channel=channel), channel)
    assert (msb, lsb, high * 128 + low) == (number, number + 32, value)


@given(st.integers(0, 2**14 - 1), st.integers(0, 2**14 - 1), CHANNELS)
def test_an_nrpn_is_received(number, value, channel):
    sent = controls(Sends(nrpn=number).messages(value, channel=channel), channel)
    assert [control for control, _ in sent] == [99, 98, 6, 38]
    a, b, c, d = (value for _, value in sent)
    assert (a * 128 + b, c * 128 + d) == (number, value)


@given(st.integers(0, 2**14 - 1), st.integers(0, 127), CHANNELS)
def test_an_nrpn_of_seven_bits_sends_one_byte(number, value, channel):
    sent = controls(Sends(nrpn=number, bits=7).messages(value, channel=channel), channel)
    assert sent == [(99, number // 128), (98, number % 128), (6, value)]


@given(st.integers(0, 127), CHANNELS)
def test_a_program_change_is_received(value, channel):
    (message,) = received(Sends(program=True).messages(value, channel=channel))
    assert (message.type, message.program, message.channel) == (
        "program_change",
        value,
        channel - 1,
    )


@given(st.integers(0, 2**14 - 1), CHANNELS)
def test_a_template_holds_the_value_and_a_checksum(value, channel):
    template = Template(text="F0 41 {channel}+10 42 12 [40 01 {value:2} {nibbles:4}] {sum} F7")
    assert template.bits == 16
    sent = template.fill(value, channel=channel)
    (message,) = received([sent])
    assert message.type == "sysex"
    assert sent[2] == 16 + channel - 1
    assert sent[7] * 128 + sent[8] == value
    assert int("".join(f"{nibble:x}" for nibble in sent[9:13]), 16) == value
    assert sum(sent[5:14]) % 128 == 0


@pytest.mark.parametrize(
    ("body", "byte"),
    [
        ("40 00 7F 00", "41"),  # Roland's GS reset
        ("01 00 00 28 06", "51"),  # the example in Roland's manuals
        ("00 00 00 00", "00"),
    ],
)
def test_checksums_are_the_published_ones(body, byte):
    assert checksum(bytes.fromhex(body)) == int(byte, 16)


@given(st.floats(0, 1))
def test_a_continuous_value_becomes_the_nearest_number(value):
    assert abs(Sends(cc=1, range=(10, 110)).number(value, 0) - (10 + 100 * value)) <= 0.5 + 1e-9


def test_levels_send_their_own_numbers():
    sends = Sends(cc=1, values=(5, 70, 127))
    assert [sends.number(level / 2, 3) for level in range(3)] == [5, 70, 127]
    spread = Sends(cc=1)
    assert [spread.number(level / 2, 3) for level in range(3)] == [0, 64, 127]


@pytest.mark.parametrize(
    ("sends", "words"),
    [
        ({}, "give one of cc"),
        ({"cc": 1, "nrpn": 2}, "give one of cc"),
        ({"cc": 120}, "less than or equal to 119"),
        ({"cc14": 32}, "0 to 31"),
        ({"cc": 1, "range": (0, 200)}, "0 to 127"),
        ({"sysex": "F0 41 {value}"}, "F7"),
        ({"sysex": "F0 41 F7"}, "no {value}"),
        ({"sysex": "F0 41 {velocity} F7"}, "neither a byte"),
        ({"sysex": "F0 41 {value} {sum} F7"}, "{sum}"),
        ({"sysex": "F0 [41 {value} F7"}, "match"),
        ({"sysex": "F0 41 {value} 80 F7"}, "up to 7F"),
    ],
)
def test_mistakes_are_told_with_the_mend(sends, words):
    with pytest.raises(ValidationError, match=words.replace("{", r"\{")):
        Sends.model_validate(sends)


def test_a_number_beyond_the_message_is_refused():
    with pytest.raises(SynthError, match="0 to 127"):
        Sends(cc=1).messages(128, channel=1)
