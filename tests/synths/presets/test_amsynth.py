import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import SynthError
from patchwright.synths.presets import amsynth, fxp
from tests.synths.amsynth_plugin import banks, load
from tests.synths.damage import check_reader, refusal

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\0"), max_size=30)
PARAMETERS = st.dictionaries(st.sampled_from(list(amsynth.RANGES)), NUMBERS)
SMALL = b"amSynth\n<preset> <name> A 1\n<parameter> amp_attack 1e-05\n<preset> <name>  B \nEOF\n"
DEFAULTS = {name: span.default for name, span in amsynth.RANGES.items()}


@given(st.lists(st.tuples(NAMES, PARAMETERS), max_size=5))
def test_a_bank_comes_back(presets):
    assert amsynth.decode(amsynth.encode(presets)) == presets


@given(NAMES, PARAMETERS)
def test_a_state_comes_back_with_all_parameters(name, parameters):
    ((back, values),) = amsynth.decode(amsynth.encode_state(name, parameters))
    assert values == DEFAULTS | parameters
    assert back == " ".join(name.replace("<parameter>", "").split()) or back == "unnamed"


@given(PARAMETERS)
def test_normalised_values_lie_between_0_and_1(parameters):
    values = amsynth.normalise(parameters)
    assert list(values) == list(parameters)
    assert all(0 <= value <= 1 for value in values.values())


def test_a_state_ends_with_a_zero_byte_for_amsynth_reads_on_without():
    assert amsynth.encode_state("x", {}).endswith(b"<parameter> portamento_mode 0.0\n\0")


def test_a_small_bank_is_read():
    presets = [("A 1", {"amp_attack": 1e-05}), (" B ", {})]
    assert amsynth.decode(SMALL) == presets
    assert amsynth.decode(SMALL.replace(b"\n", b"\r\n")) == presets
    assert amsynth.decode(SMALL + b"what follows\n") == presets


def test_names_are_utf8_or_latin1():
    for coding in ("utf-8", "latin-1"):
        text = "amSynth\n<preset> <name> Flöte\nEOF\n"
        assert amsynth.decode(text.encode(coding)) == [("Flöte", {})]


def test_unused_parameters_are_dropped_and_the_last_of_two_values_counts():
    text = b"amSynth1.0preset\n<preset> <name> A\n<parameter> unused 1\n"
    text += b"<parameter> amp_decay 1\n<parameter> amp_decay 2\n\0"
    assert amsynth.decode(text) == [("A", {"amp_decay": 2.0})]


@pytest.mark.parametrize(
    ("name", "native", "normalised"),
    [
        ("amp_attack", 9.0, 1.0),
        ("filter_cutoff", -7.0, 0.0),
        ("filter_cutoff", 0.5, 0.5),
        ("osc1_waveform", 3.4, 0.75),
        ("osc2_waveform", 2.5, 0.75),
        ("lfo_waveform", 1.5, 1 / 3),
        ("osc2_range", -3.0, 0.0),
        ("osc2_pitch", 12.0, 1.0),
        ("freq_mod_amount", 1.25992, pytest.approx(1.0, abs=1e-6)),
        ("portamento_mode", 0.985346, 0.985346),  # has no steps, and is played as 0
        ("portamento_mode", 1.0, 1.0),
        ("amp_attack", math.inf, 1.0),
    ],
)
def test_values_are_clipped_and_rounded_as_amsynth_does(name, native, normalised):
    assert amsynth.normalise({name: native}) == {name: normalised}


def test_unknown_parameters_are_refused_because_amsynth_crashes_on_them():
    for call in (
        lambda: amsynth.normalise({"filter_cutof": 1.0}),
        lambda: amsynth.encode([("x", {"filter_cutof": 1.0})]),
        lambda: amsynth.encode_state("x", {"filter_cutof": 1.0}),
    ):
        assert "did you mean 'filter_cutoff'?" in refusal(call)


def test_damaged_files_are_refused_in_a_sentence():
    assert check_reader(amsynth.decode, SMALL) > 100
    assert check_reader(amsynth.check_state, amsynth.encode_state("x", {})[:200] + b" 0\n") > 100


STATE = amsynth.encode_state("x", {"amp_attack": 0.0856})


@pytest.mark.parametrize(
    ("chunk", "sentence"),
    [
        (b"", "must begin with amSynth1.0preset"),
        (b"garbage", "must begin with amSynth1.0preset"),
        (bytes(1000), "must begin with amSynth1.0preset"),
        (SMALL, "must begin with amSynth1.0preset"),  # a bank
        (STATE.replace(b"0.0856", b"0,0856"), "Line 3 .* decimals with a point"),
        (STATE.replace(b"0.0856", b"0.08.56"), "Line 3"),
        (STATE.replace(b"amp_attack", b"amp_atack"), "did you mean 'amp_attack'"),
        (STATE.replace(b" 0.0856", b""), "Line 3"),
        (STATE[:17], "There are 0 presets"),
    ],
)
def test_a_state_that_amsynth_would_misread_is_refused(chunk, sentence):
    with pytest.raises(SynthError, match=sentence):
        amsynth.check_state(chunk)


def test_a_state_of_amsynth_passes_with_properties_and_whatever_follows_its_end():
    amsynth.check_state(STATE)
    amsynth.check_state(STATE.rstrip(b"\0"))
    amsynth.check_state(STATE + b"rubbish\xff")
    amsynth.check_state(STATE.rstrip(b"\0") + b"<property> tuning_scl_file x.scl\n")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a bank of amsynth"),
        (b"RIFF", "not a bank of amsynth"),
        (b"amSynth\n", "cut short"),
        (SMALL.replace(b"1e-05", b"nan"), "Line 3"),
        (SMALL.replace(b"1e-05", b"1e999"), "Line 3"),
        (SMALL.replace(b"1e-05", b""), "Line 3"),
        (SMALL.replace(b"1e-05", b"1 2"), "Line 3"),
        (SMALL.replace(b"1e-05", b"1" * 2**21 + b"x"), "Line 3"),
        (SMALL.replace(b"1e-05", b"0,5"), "Line 3"),
        (SMALL.replace(b"<parameter>", b"<parametre>"), "Line 3"),
        (b"amSynth\n<parameter> amp_attack 1\nEOF\n", "Line 2"),
        (b"amSynth\n" + b"<preset> <name> x\n" * 129 + b"EOF\n", "There are 129 presets"),
        (b"amSynth1.0preset\n", "There are 0 presets"),
        (b"amSynth" + bytes(2**22), "at most"),
    ],
)
def test_what_is_no_bank_is_told_by_name(data, sentence):
    assert sentence in refusal(amsynth.decode, data)


@pytest.mark.parametrize(
    ("presets", "sentence"),
    [
        ([("x", {})] * 129, "128 presets at most"),
        ([("a\nEOF", {})], "rename it"),
        ([("\ud800", {})], "rename it"),
        ([("x", {"amp_attack": math.nan})], "cannot be nan"),
    ],
)
def test_what_amsynth_could_not_read_is_not_written(presets, sentence):
    assert sentence in refusal(amsynth.encode, presets)


def test_a_value_that_is_no_number_is_refused():
    assert "not a number" in refusal(amsynth.normalise, {"amp_attack": math.nan})


def test_all_presets_that_come_with_amsynth_are_read():
    presets = [preset for path in banks() for preset in amsynth.decode(path.read_bytes())]
    assert len(presets) == 3482
    for _, parameters in presets:
        assert 36 <= len(amsynth.normalise(parameters)) <= 41
    for path in banks():
        bank = amsynth.decode(path.read_bytes())
        assert amsynth.decode(amsynth.encode(bank)) == bank


def test_a_new_plugin_has_the_defaults(tmp_path):
    (new,), _ = load([], tmp_path)
    assert list(new) == list(amsynth.RANGES)
    assert new == pytest.approx(amsynth.normalise(DEFAULTS), abs=1e-6)


def test_normalised_values_are_those_of_the_plugin(tmp_path):
    presets = [preset for path in banks() for preset in amsynth.decode(path.read_bytes())]
    rows = np.random.default_rng(1).choice(len(presets), 50, replace=False)
    chosen = [presets[row] for row in rows]
    odd = [p for p in presets if p[1].get("portamento_mode", 0.0) % 1][:3]
    assert odd
    beyond = ("beyond", dict.fromkeys(amsynth.RANGES, 1000.0))
    below = ("below", dict.fromkeys(amsynth.RANGES, -1000.0))
    halves = ("halves", {name: 0.5 for name, span in amsynth.RANGES.items() if span.step})
    chosen += [*odd, beyond, below, halves]
    states = [amsynth.encode_state(*preset) for preset in chosen]
    files = [fxp.encode(fxp.Program(plugin_id="amsy", chunk=state)) for state in states]
    (_, *rows), _ = load(files, tmp_path)
    for (_, parameters), row in zip(chosen, rows, strict=True):
        assert row == pytest.approx(amsynth.normalise(DEFAULTS | parameters), abs=1e-5)
