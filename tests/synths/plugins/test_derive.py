"""Kinds, levels, units and scales of parameters, derived from the texts that plugins display."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths.parameters import Parameter
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.hosts.derive import MAX_LEVELS, PROBES, derive, read_texts
from patchwright.synths.plugins.hosts.pedalboard import describe_knob
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import need_amsynth


def rounding(choices):
    """Return the texts of a plugin that rounds to the nearest level."""
    return [choices[int(np.rint(probe * (len(choices) - 1)))] for probe in PROBES]


def truncating(choices):
    """Return the texts of a plugin that divides its range into equal parts."""
    return [choices[min(int(probe * len(choices)), len(choices) - 1)] for probe in PROBES]


WORDS = st.text("abcdefghij", min_size=1, max_size=6)


@given(
    st.lists(WORDS, min_size=2, max_size=24, unique=True), st.sampled_from([rounding, truncating])
)
def test_words_are_choices_in_their_order(choices, plugin):
    derived = derive("knob", plugin(choices), default=1.0)
    assert derived.kind == "categorical"
    assert derived.choices == tuple(choices)
    assert derived.default == choices[-1]


@given(st.integers(-100, 100), st.integers(3, MAX_LEVELS), st.sampled_from(["", " st", " steps"]))
def test_successive_whole_numbers_are_integers(low, k, unit):
    derived = derive("knob", rounding([f"{low + i}{unit}" for i in range(k)]), default=0.0)
    assert (derived.kind, derived.low, derived.high) == ("integer", low, low + k - 1)
    assert derived.unit == unit.strip()


@pytest.mark.parametrize("texts", [("Off", "On"), ("0", "1"), ("0.000", "1.000"), ("No", "Yes")])
def test_off_and_on_are_a_switch(texts):
    assert derive("knob", rounding(texts), default=1.0).kind == "boolean"
    assert derive("knob", rounding(texts[::-1]), default=1.0).kind == "categorical"


@pytest.mark.parametrize(
    ("name", "choices", "kind"),
    [
        ("osc1_waveform", [str(i) for i in range(5)], "categorical"),
        ("algorithm", [str(i) for i in range(1, 33)], "categorical"),
        ("octave", [str(i) for i in range(-3, 4)], "integer"),
        ("range", ["0.125", "0.25", "0.5", "1", "2"], "categorical"),
        ("level", [f"{i} %" for i in range(101)], "continuous"),
        ("gain", [f"{i} dB" for i in range(-60, 7)], "continuous"),
        ("amount", [f"{i / 10:.1f}" for i in range(51)], "continuous"),
        ("same", ["nothing"], "continuous"),
        ("again", ["a", "b", "a"], "continuous"),
    ],
)
def test_kinds(name, choices, kind):
    assert derive(name, rounding(choices), default=0.0).kind == kind


@given(
    st.sampled_from(["linear", "quadratic", "cubic", "log"]),
    st.floats(0.5, 100.0),
    st.floats(10.0, 1000.0),
    st.sampled_from(["Hz", "ms", "dB", ""]),
)
def test_a_displayed_scale_is_found(scale, low, ratio, unit):
    low = low if scale in ("linear", "log") else 0.0
    shown = Parameter(
        name="knob",
        kind="continuous",
        low=low,
        high=ratio * max(low, 1.0),
        default=low,
        scale=scale,
    )
    texts = [f"{float(shown.real(np.array([probe]))[0]):.6g} {unit}" for probe in PROBES]
    derived = derive("knob", texts, default=0.0)
    assert (derived.scale, derived.unit) == (scale, unit)
    assert derived.high == pytest.approx(shown.high, rel=1e-4)


@pytest.mark.parametrize(("unit", "large", "factor"), [("Hz", "kHz", 1e3), ("ms", "s", 1e3)])
def test_two_units_become_the_smaller_one(unit, large, factor):
    numbers = 20.0 * 1000.0**PROBES
    texts = [f"{x:.5g} {unit}" if x < factor else f"{x / factor:.5g} {large}" for x in numbers]
    derived = derive("knob", texts, default=0.5)
    assert (derived.unit, derived.scale) == (unit, "log")
    assert derived.high == pytest.approx(20_000.0)


def test_the_discrete_parameters_of_amsynth_are_found_without_its_spec(tmp_path):
    """Counted by hand in the plugin; the glide's mode displays the numbers of a continuous one."""
    need_amsynth()
    spec = resolve("vst2:amsynth_vst")
    with RenderPool(spec) as pool:
        own = {parameter.name: parameter for parameter in pool.described.parameters}
    kinds = {name: each.kind for name, each in own.items() if each.kind != "continuous"}
    assert kinds == {
        **dict.fromkeys(("osc1_waveform", "osc2_waveform", "lfo_waveform"), "categorical"),
        **dict.fromkeys(("keyboard_mode", "filter_type", "osc2_range"), "categorical"),
        **dict.fromkeys(("osc2_sync", "filter_slope"), "boolean"),
        **dict.fromkeys(("osc2_pitch", "freq_mod_osc"), "integer"),
    }
    assert own["osc2_range"].choices == ("0.125", "0.25", "0.5", "1", "2", "4", "8", "16")
    assert (own["osc2_pitch"].low, own["osc2_pitch"].high) == (-12, 12)


@given(st.integers(2, MAX_LEVELS), st.booleans())
def test_all_texts_of_a_discrete_parameter_are_read(k, rounds):
    texts = (rounding if rounds else truncating)([str(i) for i in range(k)])
    assert read_texts(lambda probe: texts[round(256 * probe)]) == texts


def test_a_continuous_parameter_is_read_with_few_calls():
    calls = []

    def read(probe):
        calls.append(probe)
        return f"{20 * 1000**probe:.4g} Hz"

    derived = derive("cutoff", read_texts(read), default=0.5)
    assert (derived.unit, derived.scale) == ("Hz", "log")
    assert len(calls) < 40


class Knob:
    """A parameter whose plugin displays only the value that is set."""

    name, label, num_steps, raw_value = "Wave", "", 2**31 - 1, 1.0

    @property
    def string_value(self):
        return ("saw", "square", "sine")[round(2 * self.raw_value)]

    def get_text_for_raw_value(self, value):
        return self.string_value


def test_texts_of_a_plugin_that_displays_only_its_own_value_are_read_by_setting_it():
    knob = Knob()
    described = describe_knob("wave", knob)
    assert (described.choices, described.default) == (("saw", "square", "sine"), "sine")
    assert knob.raw_value == 1.0
