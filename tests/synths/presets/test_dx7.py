"""The DX7's files, against the published tables of bytes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import SynthError
from patchwright.synths.builtin import FM
from patchwright.synths.presets.dx7 import MAX_BYTES, decode, doubts, encode

SPACE = FM.space
# highest bytes of one operator and of the numbers after all six, as in the data sheet
OPERATOR = [99] * 11 + [3, 3, 7, 3, 7, 99, 1, 31, 99, 14]
MOST = OPERATOR * 6 + [99] * 8 + [31, 7, 1, 99, 99, 99, 99, 1, 5, 7, 48]
NAMES = st.text([chr(c) for c in range(32, 127)], max_size=10).map(str.rstrip)
VOICES = st.tuples(NAMES, st.tuples(*(st.integers(0, most) for most in MOST)))


def checksum(body):
    return (128 - sum(body) % 128) % 128


def single(numbers, name="TEST"):
    body = bytes(numbers) + name.ljust(10).encode()
    return b"\xf0\x43\x00\x00\x01\x1b" + body + bytes([checksum(body), 0xF7])


def bank(voices):
    """Pack a voice by hand, as the data sheet draws the bytes."""
    body = b""
    for name, v in voices:
        for at in range(0, 126, 21):
            o = v[at : at + 21]
            body += bytes(o[:11])
            body += bytes([o[11] + 4 * o[12], o[13] + 8 * o[20], o[14] + 4 * o[15]])
            body += bytes([o[16], o[17] + 2 * o[18], o[19]])
        body += bytes(v[126:134]) + bytes([v[134], v[135] + 8 * v[136]]) + bytes(v[137:141])
        body += bytes([v[141] + 2 * v[142] + 16 * v[143], v[144]]) + name.ljust(10).encode()
    return b"\xf0\x43\x00\x09\x20\x00" + body + bytes([checksum(body), 0xF7])


@given(VOICES)
def test_a_voice_comes_back_byte_for_byte_through_the_synth(voice):
    name, numbers = voice
    data = single(numbers, name)
    ((found, values),) = decode(data)
    assert found == name
    assert encode([(found, values)]) == data
    assert set(values) == set(SPACE.names)
    snapped = SPACE.snap(SPACE.values([values]))
    assert encode([(found, SPACE.readable(snapped)[0])]) == data


@given(st.integers(0, 2**32 - 1), st.integers(0, 31), VOICES)
def test_a_bank_comes_back_byte_for_byte(seed, at, voice):
    rng = np.random.default_rng(seed)
    voices = [(f"VOICE {i}", rng.integers(0, MOST, endpoint=True).tolist()) for i in range(32)]
    voices[at] = voice
    data = bank(voices)
    found = decode(data)
    assert [name for name, _ in found] == [name for name, _ in voices]
    assert encode(found) == data
    for (_, numbers), one in zip(voices, found, strict=True):
        assert encode([one]) == single(numbers, one[0])


def test_values_have_their_meaning():
    numbers = [0] * 145
    numbers[105:126] = [*range(1, 9), 39, 10, 11, 1, 3, 5, 2, 6, 88, 1, 3, 50, 0]  # operator 1
    numbers[134:145] = [4, 7, 1, 35, 1, 2, 3, 0, 5, 6, 36]
    ((_, values),) = decode(single(numbers))
    assert [values[f"op1_eg_rate{i}"] for i in range(1, 5)] == [1, 2, 3, 4]
    assert [values[f"op1_eg_level{i}"] for i in range(1, 5)] == [5, 6, 7, 8]
    expected = {
        "op1_breakpoint": 39,
        "op1_left_depth": 10,
        "op1_right_depth": 11,
        "op1_left_curve": "-exp",
        "op1_right_curve": "+lin",
        "op1_rate_scaling": 5,
        "op1_amp_sensitivity": 2,
        "op1_velocity_sensitivity": 6,
        "op1_output": 88,
        "op1_mode": "fixed",
        "op1_coarse": 3,
        "op1_fine": 50,
        "op1_detune": -7,
        "op6_output": 0,
        "algorithm": "5",
        "feedback": 7,
        "osc_sync": True,
        "lfo_speed": 35,
        "lfo_sync": False,
        "lfo_waveform": "sample and hold",
        "lfo_pitch_sensitivity": 6,
        "transpose": 12,
    }
    assert {name: values[name] for name in expected} == expected


def test_a_short_bank_is_filled_with_the_initial_voice_which_is_the_synth_s_default():
    voices = decode(encode([("A", {"algorithm": "32"}), ("B", {})]))
    assert len(voices) == 32
    assert voices[0][1]["algorithm"] == "32"
    assert {name for name, _ in voices[2:]} == {"INIT VOICE"}
    assert all(values == voices[1][1] for _, values in voices[2:])
    assert np.array_equal(SPACE.values([voices[2][1]])[0], SPACE.defaults)


def test_a_search_s_values_are_rounded():
    values = {"op2_output": 71.6, "feedback": 2.4, "op2_detune": 3}
    ((_, found),) = decode(encode([("", values)]))
    assert (found["op2_output"], found["feedback"], found["op2_detune"]) == (72, 2, 3)


def test_what_is_out_of_range_is_taken_as_the_greatest_and_unused_bits_are_left_out():
    numbers = [127] * 145
    ((_, values),) = decode(single(numbers))
    assert values["op1_output"] == 99
    assert values["lfo_waveform"] == "sample and hold"
    assert values["transpose"] == 24
    body = bytearray(bank([("A", [0] * 145)] * 32)[6:-2])
    for unused in (11, 13, 15, 110, 111):
        body[unused] |= 0x60 if unused != 15 else 0x40
    data = b"\xf0\x43\x00\x09\x20\x00" + body + bytes([checksum(body), 0xF7])
    voices = decode(data)
    assert voices[0] == voices[1]


GOOD = single([0] * 145)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "begins with F0"),
        (b"RIFF" + bytes(200), "begins with F0"),
        (b"\xf0\x41" + GOOD[2:], "choose a single voice"),
        (GOOD[:3] + b"\x05" + GOOD[4:], "choose a single voice"),
        (GOOD[:2] + b"\x10" + GOOD[3:], "choose a single voice"),
        (GOOD[:5], "choose a single voice"),
        (GOOD[:-2], "byte 0 is cut short: it has 161 bytes instead of 163"),
        (GOOD + GOOD[:100], "byte 163 is cut short: it has 100 bytes instead of 163"),
        (GOOD[:3] + b"\x09" + GOOD[4:], "it has 163 bytes instead of 4104"),
        (GOOD[:9] + b"\x85" + GOOD[10:], "damaged at byte 9 .85"),
        (GOOD + GOOD[:9] + b"\x85" + GOOD[10:], "damaged at byte 172 .85"),
        (GOOD[:9] + b"\x05" + GOOD[10:-1], "byte 0 is damaged .wrong: checksum, end"),
        (GOOD[:4] + b"\x02" + GOOD[5:9] + b"\x05" + GOOD[10:], "length .02 1B., checksum"),
        (bytes(1000) + b"\x80" + bytes(3095), "damaged at byte 1000 .80"),
        (bytes(MAX_BYTES) + GOOD, "at most"),
    ],
)
def test_other_and_damaged_files_are_refused_in_a_sentence(data, sentence):
    with pytest.raises(SynthError, match=sentence):
        decode(data)


BANK = bank([("A", [1] * 145)] * 32)
OTHER = b"\xf0\x41\x10\x42\x12\x40\xf7"  # of another maker
DAMAGED = bytes([GOOD[20] ^ 1])


@pytest.mark.parametrize(
    ("data", "voices", "sentences"),
    [
        (GOOD, 1, []),
        (GOOD + GOOD, 2, []),
        (BANK + GOOD + BANK, 65, []),
        (GOOD + bytes(5), 1, []),
        (GOOD[:20] + DAMAGED + GOOD[21:], 1, ["byte 0 has a wrong checksum"]),
        (GOOD + GOOD[:20] + DAMAGED + GOOD[21:], 2, ["byte 163 has a wrong checksum"]),
        (GOOD[:4] + b"\x02" + GOOD[5:], 1, [r"byte 0 has a wrong length .02 1B."]),
        (GOOD[:-1], 1, ["byte 0 has a wrong end"]),
        (GOOD[:-1] + GOOD, 2, ["byte 0 has a wrong end"]),
        (GOOD + b"\r\n", 1, ["2 bytes at byte 163"]),
        (b"MThd" + GOOD, 1, ["4 bytes at byte 0"]),
        (OTHER + GOOD + OTHER, 1, ["byte 0 holds no voices", "byte 170 holds no voices"]),
        (BANK[6:-2], 32, ["a bank without a head"]),
    ],
)
def test_what_is_clear_is_read_and_the_rest_is_named(data, voices, sentences):
    assert len(decode(data)) == voices
    found = doubts(data)
    assert len(found) == len(sentences)
    for sentence, doubt in zip(sentences, found, strict=True):
        assert re.search(sentence, doubt)


def test_a_bank_without_a_head_has_the_voices_of_the_whole_file():
    assert decode(BANK[6:-2]) == decode(BANK)


@given(st.integers(0, 4103), st.integers(0, 255), st.integers(0, 4104), st.booleans())
def test_corruption_is_found_or_harmless(at, byte, length, short):
    data = bytearray(BANK)
    data[at] = byte
    damaged = bytes(data[:length]) if short else bytes(data)
    try:
        voices = decode(damaged)
    except SynthError:
        return
    assert len(voices) == 32
    assert doubts(damaged) or damaged[:2] + damaged[3:] == BANK[:2] + BANK[3:]
    SPACE.values([values for _, values in voices])


@given(st.binary(max_size=400))
def test_noise_is_refused(data):
    with pytest.raises(SynthError):
        decode(data)
    with pytest.raises(SynthError):
        decode(GOOD[:6] + data[:150])


@pytest.mark.parametrize(
    ("voices", "sentence"),
    [
        ([], "1 to 32 voices"),
        ([("A", {})] * 33, "not 33: split them"),
        ([("ELEVEN CHAR", {})], "up to 10 plain"),
        ([("Bläser", {})], "up to 10 plain"),
        ([("A", {"op1_outptu": 1})], "did you mean 'op1_output'"),
        ([("A", {"op1_output": 100})], "ranges from 0 to 99"),
        ([("A", {"op1_detune": -8})], "ranges from -7 to 7"),
        ([("A", {"op1_output": float("nan")})], "needs a number"),
        ([("A", {"op1_output": True})], "needs a number"),
        ([("A", {"osc_sync": 1})], "true or false"),
        ([("A", {"algorithm": "33"})], "no choice '33'"),
    ],
)
def test_what_a_dx7_does_not_have_is_refused(voices, sentence):
    with pytest.raises(SynthError, match=sentence):
        encode(voices)
