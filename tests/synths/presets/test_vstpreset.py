import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths.presets import vstpreset
from patchwright.synths.presets.vstpreset import VST3Preset
from tests.synths.damage import check_reader, refusal

BYTES = st.binary(max_size=200)
PRESETS = st.builds(
    VST3Preset,
    class_id=st.text("0123456789ABCDEFabcdef", min_size=32, max_size=32),
    component=BYTES,
    controller=st.none() | BYTES,
    info=st.none() | BYTES,
)
EXAMPLE = VST3Preset(
    class_id="0123456789ABCDEF" * 2, component=b"state", controller=b"", info=b"<?xml?>"
)
ENTRY = 20


@given(PRESETS)
def test_a_preset_comes_back(preset):
    assert vstpreset.decode(vstpreset.encode(preset)) == preset


def test_the_bytes_are_those_of_the_format():
    preset = VST3Preset(class_id="0" * 32, component=b"abc", controller=b"d")
    assert vstpreset.encode(preset) == (
        b"VST3\1\0\0\0" + b"0" * 32 + b"\x34\0\0\0\0\0\0\0" + b"abcd" + b"List\2\0\0\0"
        + b"Comp\x30\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0" + b"Cont\x33\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"
    )  # fmt: skip


def test_other_chunks_are_left_out():
    data = vstpreset.encode(EXAMPLE)
    assert vstpreset.decode(data.replace(b"Info", b"Prog")) == VST3Preset(
        class_id=EXAMPLE.class_id, component=b"state", controller=b""
    )


def test_damaged_files_are_refused_in_a_sentence():
    data = vstpreset.encode(EXAMPLE)
    assert check_reader(vstpreset.decode, data) > len(data)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"VST3", b"VST2", "not a VST3 preset"),
        (b"VST3\1", b"VST3\2", "format 2"),
        (b"0123", b"012x", "class id"),
        (b"List", b"Last", "no list at its offset"),
        (b"List\3\0", b"List\x00\xff", "65,280 chunks"),
        (b"Comp", b"Prog", "lacks the plugin's state"),
        (b"Cont", b"Comp", "twice"),
        (b"Comp\x30", b"Comp\xff", "cut short"),
        (b"Comp" + b"\x30\0\0\0\0\0\0\0", b"Comp" + b"\xff" * 8, "cut short"),
    ],
)
def test_what_is_no_preset_is_told_by_name(old, new, sentence):
    data = vstpreset.encode(EXAMPLE)
    assert old in data
    assert sentence in refusal(vstpreset.decode, data.replace(old, new, 1))


def test_overlapping_chunks_cost_no_more_than_the_file():
    data = vstpreset.encode(VST3Preset(class_id="0" * 32, component=b"x" * 1000))
    entry = data[-ENTRY:]
    many = data[: -ENTRY - 4] + (128).to_bytes(4, "little")
    many += entry + b"".join(b"%4d" % number + entry[4:] for number in range(127))
    assert len(vstpreset.decode(many).component) == 1000


def test_a_class_id_must_fit_and_the_size_is_bounded(monkeypatch):
    assert "32 hexadecimal" in refusal(
        vstpreset.encode, VST3Preset(class_id="x" * 32, component=b"")
    )
    monkeypatch.setattr(vstpreset, "MAX_BYTES", 4096 + 50)
    assert "at most" in refusal(vstpreset.encode, EXAMPLE)
    assert "at most" in refusal(vstpreset.decode, bytes(5000))


SCRIPT = """
import sys
import pedalboard

plugin = pedalboard.load_plugin(sys.argv[1])
sys.stdout.buffer.write(plugin.preset_data)
"""


def test_what_a_host_saved_is_read_and_written_to_the_byte(test_effect):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, test_effect], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    data = done.stdout[done.stdout.index(b"VST3") :]
    preset = vstpreset.decode(data)
    assert preset.component.startswith(b"__dpf_parameters_begin__\0")
    assert vstpreset.encode(preset) == data
