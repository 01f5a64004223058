import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths.presets import amsynth, fxp
from patchwright.synths.presets.fxp import Bank, Program
from tests.synths.amsynth_plugin import load
from tests.synths.damage import check_reader, refusal

LATIN = st.characters(min_codepoint=1, max_codepoint=255)
HEAD = st.fixed_dictionaries(
    {
        "plugin_id": st.text(LATIN, min_size=4, max_size=4),
        "version": st.integers(0, 2**32 - 1),
    }
)
NAMES = st.text(LATIN, max_size=27)
FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=50)
COUNTS = st.integers(0, 2**32 - 1)
PROGRAMS = st.builds(
    lambda head, name, values: Program(**head, name=name, parameters=tuple(values)),
    HEAD,
    NAMES,
    FLOATS,
)
CHUNKS = st.builds(
    lambda head, name, chunk, count: Program(**head, name=name, chunk=chunk, count=count),
    HEAD,
    NAMES,
    st.binary(max_size=200),
    COUNTS,
)
BANKS = st.builds(
    lambda head, programs: Bank(**head, programs=tuple(programs), count=1),
    HEAD,
    st.lists(PROGRAMS, max_size=4),
)
CHUNK_BANKS = st.builds(
    lambda head, chunk, count: Bank(**head, chunk=chunk, count=count),
    HEAD,
    st.binary(max_size=200),
    COUNTS,
)
EXAMPLES = [
    Program(plugin_id="amsy", name="Bass", parameters=(0.0, 0.25, 1.0)),
    Program(plugin_id="amsy", name="Bass", chunk=b"some bytes"),
    Bank(plugin_id="amsy", programs=(Program(plugin_id="amsy", parameters=(0.5,)),) * 2),
    Bank(plugin_id="amsy", chunk=b"some bytes", count=128),
]


@given(st.one_of(PROGRAMS, CHUNKS, BANKS, CHUNK_BANKS))
def test_a_preset_comes_back(preset):
    data = fxp.encode(preset)
    assert fxp.decode(data) == preset
    assert fxp.decode(data + b"what follows") == preset
    assert int.from_bytes(data[4:8], "big") == len(data) - 8


def test_the_bytes_are_those_of_the_format():
    data = fxp.encode(Program(plugin_id="amsy", version=3, name="Bass", parameters=(0.5, 1.0)))
    assert data == (
        b"CcnK\0\0\0\x38FxCk\0\0\0\x01amsy\0\0\0\x03\0\0\0\x02" + b"Bass".ljust(28, b"\0")
        + b"\x3f\0\0\0\x3f\x80\0\0"
    )  # fmt: skip


def test_the_size_in_the_head_is_not_looked_at_for_hosts_leave_it_at_zero():
    for preset in EXAMPLES:
        data = fxp.encode(preset)
        assert fxp.decode(data[:4] + b"\0\0\0\0" + data[8:]) == preset


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 40, "x" * 27),
        ("Fl\xf6te", "Fl\xf6te"),
        ("日本", "??"),
        ("a\0b", "a"),
        ("", ""),
    ],
)
def test_names_are_cut_to_what_the_field_holds(name, kept):
    data = fxp.encode(Program(plugin_id="amsy", name=name, parameters=()))
    assert fxp.decode(data).name == kept


def test_a_name_may_fill_its_field_to_the_last_byte():
    data = fxp.encode(Program(plugin_id="amsy", parameters=()))
    assert fxp.decode(data[:28] + b"y" * 28).name == "y" * 28


@pytest.mark.parametrize("preset", EXAMPLES, ids=["FxCk", "FPCh", "FxBk", "FBCh"])
def test_damaged_files_are_refused_in_a_sentence(preset):
    data = fxp.encode(preset)
    assert check_reader(fxp.decode, data) > len(data)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused(value):
    data = fxp.encode(EXAMPLES[0])
    assert "not a finite number" in refusal(fxp.decode, data[:-4] + struct.pack(">f", value))
    assert "finite float32" in refusal(fxp.encode, Program(plugin_id="amsy", parameters=(value,)))


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        (Program(plugin_id="amsy"), "parameters or a chunk"),
        (Program(plugin_id="amsy", parameters=(), chunk=b""), "parameters or a chunk"),
        (Program(plugin_id="ams", chunk=b""), "four characters"),
        (Program(plugin_id="amsy", chunk=b"", version=-1), "does not fit in 32 bits"),
        (Program(plugin_id="amsy", chunk=b"", count=2**32), "does not fit in 32 bits"),
        (Program(plugin_id="amsy", parameters=(1e300,)), "finite float32"),
        (Program(plugin_id="amsy", parameters=(0.0,) * 65_537), "65,536"),
        (Bank(plugin_id="amsy", programs=(EXAMPLES[1],)), "as a .fxp"),
        (Bank(plugin_id="amsy", programs=(EXAMPLES[0],), chunk=b""), "remove one of the two"),
    ],
)
def test_what_does_not_fit_the_format_is_not_written(preset, sentence):
    assert sentence in refusal(fxp.encode, preset)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "cut short"),
        (b"RIFF" + fxp.encode(EXAMPLES[0])[4:], "not a VST2 preset"),
        (b"CcnK\0\0\0\0FxXx" + fxp.encode(EXAMPLES[0])[12:], "not a VST2 preset"),
        (fxp.encode(EXAMPLES[0])[:15] + b"\x09" + fxp.encode(EXAMPLES[0])[16:], "format 9"),
        (fxp.encode(EXAMPLES[0])[:24] + b"\0\xff\0\0" + bytes(28), "16,711,680 parameters"),
        (fxp.encode(EXAMPLES[2])[:156] + fxp.encode(EXAMPLES[1]) * 2, "export them one by one"),
        (fxp.encode(EXAMPLES[2])[:156] + fxp.encode(EXAMPLES[3]) * 2, "not a program"),
    ],
)
def test_what_is_no_preset_is_told_by_name(data, sentence):
    assert sentence in refusal(fxp.decode, data)


def test_files_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(fxp, "MAX_BYTES", 60)
    assert "60 bytes" in refusal(fxp.decode, bytes(61))
    assert "60 bytes" in refusal(fxp.encode, EXAMPLES[0])


def test_amsynth_takes_programs_and_chunks(tmp_path):
    parameters = {"amp_attack": 1.25, "osc2_pitch": -5.0, "filter_cutoff": 0.1, "lfo_waveform": 3.0}
    state = amsynth.encode_state("Probe", parameters)
    chunk = fxp.encode(Program(plugin_id="amsy", chunk=state))
    (new, loaded), saved = load([chunk], tmp_path)
    assert new != loaded

    bank = fxp.decode(saved)
    assert isinstance(bank, Bank)
    assert bank.plugin_id == "amsy"
    ((_, values),) = amsynth.decode(bank.chunk)
    assert {name: values[name] for name in parameters} == parameters

    # the plugin looks for a 0 byte that its own state lacks
    chunk = bank.chunk + b"\0"
    program = fxp.encode(Program(plugin_id="amsy", name="x", chunk=chunk))
    floats = fxp.encode(Program(plugin_id="amsy", name="x", parameters=tuple(loaded.values())))
    blank = fxp.encode(Program(plugin_id="amsy", name="x", parameters=tuple(new.values())))
    rows, _ = load([program, blank, floats], tmp_path)
    assert len(rows[0]) == 41
    assert rows == [new, loaded, new, loaded]
    rows, _ = load([fxp.encode(replace(bank, chunk=chunk))], tmp_path, suffix="fxb")
    assert rows == [new, loaded]
