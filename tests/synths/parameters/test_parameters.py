import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import Parameter, ParameterSpace, Prior, SynthError
from patchwright.synths.builtin import Subtractive

names = st.text("abcdefg_", min_size=1, max_size=8)
units = st.floats(0, 1)


@st.composite
def parameters(draw, name):
    kind = draw(st.sampled_from(["continuous", "integer", "categorical", "boolean"]))
    if kind == "categorical":
        choices = tuple(draw(st.lists(names, min_size=1, max_size=9, unique=True)))
        return Parameter(name=name, kind=kind, choices=choices, default=choices[-1])
    if kind == "boolean":
        return Parameter(name=name, kind=kind, default=draw(st.booleans()))
    if kind == "integer":
        low = draw(st.integers(-1000, 1000))
        high = low + draw(st.integers(1, 5000))
        return Parameter(name=name, kind=kind, low=low, high=high, default=low)
    scale = draw(st.sampled_from(["linear", "log", "quadratic", "cubic", "quartic"]))
    low = {"linear": draw(st.floats(-1e3, 1e3)), "log": draw(st.floats(1e-3, 1e3))}.get(scale, 0.0)
    high = low + draw(st.floats(1.0, 1e4))
    return Parameter(name=name, kind=kind, scale=scale, low=low, high=high, default=high)


@st.composite
def spaces(draw):
    labels = draw(st.lists(names, min_size=1, max_size=12, unique=True))
    return ParameterSpace(tuple(draw(parameters(label)) for label in labels))


@given(spaces(), st.integers(0, 2**32 - 1))
def test_round_trips_are_exact(space, seed):
    subspace = space.lock()
    values = space.sample(20, np.random.default_rng(seed))
    genotypes = subspace.encode(values)
    assert np.array_equal(subspace.decode(genotypes), values)
    assert np.array_equal(space.values(space.readable(values)), values)
    anything = np.random.default_rng(seed).random((20, len(space)))
    decoded = subspace.decode(anything)
    assert np.array_equal(subspace.decode(subspace.encode(decoded)), decoded)
    assert np.array_equal(space.snap(decoded), decoded)
    # float32, in which synths compute, holds every continuous value exactly
    continuous = decoded[:, space.levels == 0]
    assert np.array_equal(continuous.astype(np.float32).astype(np.float64), continuous)


@given(spaces())
def test_ends_of_the_range_are_the_ends_of_the_parameter(space):
    for parameter in space.parameters:
        first, last = parameter.readable(0.0), parameter.readable(1.0)
        if parameter.kind == "categorical":
            assert first == parameter.choices[0]
            assert (
                parameter.readable((parameter.levels - 1) / max(parameter.levels - 1, 1))
                == (parameter.choices[-1])
            )
        elif parameter.kind == "boolean":
            assert (first, last) == (False, True)
        else:
            assert first == parameter.low
            assert last == pytest.approx(parameter.high)


@given(st.integers(1, 40), st.integers(0, 1000))
def test_bins_are_equally_wide_and_centred(levels, seed):
    choices = tuple(f"c{i}" for i in range(levels))
    space = ParameterSpace(
        (Parameter(name="a", kind="categorical", choices=choices, default="c0"),)
    )
    subspace = space.lock()
    centres = subspace.encode(np.arange(levels)[:, np.newaxis] / max(levels - 1, 1))
    assert centres[:, 0] == pytest.approx((np.arange(levels) + 0.5) / levels)
    within = np.random.default_rng(seed).uniform(-0.49, 0.49, (levels, 1)) / levels
    assert np.array_equal(subspace.decode(centres + within), subspace.decode(centres))


@pytest.mark.parametrize(
    ("scale", "low", "high", "middle"),
    [("linear", -10, 30, 10), ("log", 20, 20_000, 632.455532), ("cubic", 0, 8, 1.0)],
)
def test_scales(scale, low, high, middle):
    parameter = Parameter(
        name="x", kind="continuous", scale=scale, low=low, high=high, default=high
    )
    assert parameter.readable(0.5) == pytest.approx(middle)
    assert parameter.normalise(middle) == pytest.approx(0.5, abs=1e-7)


space = Subtractive.space


def test_locks_are_written_on_every_row():
    subspace = space.lock(
        {
            "lfo*": None,
            "osc1_waveform": "pulse",
            "filter_cutoff": "1.2 kHz",
            "amp_attack": "20 ms",
            "osc_mix": {"normalised": 0.25},
            "filter_four_pole": False,
            "osc2_semitones": -12,
        }
    )
    values = subspace.decode(np.random.default_rng(0).random((50, len(subspace))))
    for preset in space.readable(values):
        assert preset["osc1_waveform"] == "pulse"
        assert preset["filter_cutoff"] == pytest.approx(1200, rel=1e-6)
        assert preset["amp_attack"] == pytest.approx(0.02, rel=1e-5)
        assert preset["osc_mix"] == 0.25
        assert preset["filter_four_pole"] is False
        assert preset["osc2_semitones"] == -12
        assert preset["lfo_rate"] == pytest.approx(5, rel=1e-6)
    assert not any(name.startswith("lfo") for name in subspace.names)
    assert len(subspace) == len(space) - 6 - 6
    assert len({tuple(row) for row in values[:, subspace.free]}) == 50


def test_later_patterns_win_and_free_locks_the_rest():
    subspace = space.lock({"osc?_width": 0.5, "osc2_width": 0.9}, free=["osc*", "filter_cutoff"])
    row = space.readable(subspace.decode(np.full((1, len(subspace)), 0.5)))[0]
    assert row["osc1_width"] == pytest.approx(0.5)
    assert row["osc2_width"] == pytest.approx(0.9)
    assert "filter_cutoff" in subspace.names
    assert "osc1_width" not in subspace.names
    assert row["amp_sustain"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("locks", "sentence"),
    [
        ({"filter_cutof": 500}, "did you mean 'filter_cutoff'?"),
        ({"osc3_*": 0}, "'osc3_*' matches no parameter"),
        ({"osc1_waveform": "sawtooth"}, "did you mean 'saw'?"),
        ({"osc1_waveform": 0}, "the choices are sine, triangle, saw, pulse"),
        ({"filter_cutoff": 50_000}, "the nearest is 18000"),
        ({"filter_cutoff": "50 kHz"}, "the nearest is 18000"),
        ({"filter_cutoff": "5 s"}, "unit Hz, not 's'"),
        ({"filter_cutoff": "high"}, "needs a number, not 'high'"),
        ({"filter_cutoff": float("nan")}, "from 30 to 18000 Hz"),
        ({"osc1_octave": 0.5}, "needs a whole number"),
        ({"filter_four_pole": 1}, "write true or false"),
        ({"osc_mix": {"normalised": 1.5}}, "the nearest is 1"),
        ({"osc_mix": {"normalized": 0.5}}, "{normalised: 0.5}"),
        ({"*": None}, "remove one of the locks"),
    ],
)
def test_a_wrong_lock_names_the_mend(locks, sentence):
    with pytest.raises(SynthError) as error:
        space.lock(locks)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [np.full((2, 3), 0.5), np.full((1, len(space)), 1.01), np.full((1, len(space)), np.nan)],
)
def test_values_and_genotypes_out_of_shape_or_range_are_refused(wrong):
    subspace = space.lock()
    for convert in (subspace.decode, subspace.encode, space.snap):
        with pytest.raises(SynthError):
            convert(wrong)


def test_sampling_follows_the_prior_and_the_seed():
    several = ParameterSpace(
        (
            Parameter(
                name="point", kind="continuous", default=0.0, prior=Prior(point=0.25, mass=0.4)
            ),
            Parameter(
                name="range",
                kind="continuous",
                low=20,
                high=20_000,
                scale="log",
                default=20,
                prior=Prior(low=200, high=2_000),
            ),
            Parameter(
                name="weighted",
                kind="categorical",
                choices=("a", "b", "c"),
                default="a",
                prior=Prior(weights=(1, 0, 3)),
            ),
            Parameter(
                name="whole", kind="integer", low=-3, high=3, default=0, prior=Prior(low=0, high=2)
            ),
        )
    )
    values = several.sample(4000, np.random.default_rng(5))
    assert np.array_equal(values, several.sample(4000, np.random.default_rng(5)))
    assert not np.array_equal(values, several.sample(4000, np.random.default_rng(6)))
    readable = several.readable(values)
    assert np.mean([row["point"] == 0.25 for row in readable]) == pytest.approx(0.4, abs=0.03)
    assert all(199.99 < row["range"] < 2000.01 for row in readable)
    assert np.median([row["range"] for row in readable]) == pytest.approx(632, rel=0.1)
    drawn = [row["weighted"] for row in readable]
    assert "b" not in drawn
    assert drawn.count("c") / len(drawn) == pytest.approx(0.75, abs=0.03)
    assert {row["whole"] for row in readable} == {0, 1, 2}


@pytest.mark.parametrize(
    "description",
    [
        {"kind": "continuous", "low": 1, "high": 1, "default": 1},
        {"kind": "continuous", "scale": "log", "low": 0, "high": 1, "default": 1},
        {"kind": "continuous", "scale": "cubic", "low": 1, "high": 2, "default": 1},
        {"kind": "continuous", "default": 2.0},
        {"kind": "integer", "low": 0.5, "high": 2, "default": 1},
        {"kind": "categorical", "default": "a"},
        {"kind": "categorical", "choices": ("a", "a"), "default": "a"},
        {"kind": "boolean", "default": True, "choices": ("a",)},
        {"kind": "boolean", "default": True, "prior": Prior(weights=(1, 2, 3))},
        {"kind": "continuous", "default": 0.5, "prior": Prior(point=3.0, mass=0.5)},
    ],
)
def test_a_description_that_contradicts_itself_is_refused(description):
    with pytest.raises(SynthError):
        Parameter(name="x", **description)


def test_two_parameters_of_one_name_are_refused():
    with pytest.raises(SynthError, match="same name"):
        ParameterSpace((Parameter(name="x", kind="boolean", default=True),) * 2)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("filter_cutoff", 1234.5678, "1235 Hz"),
        ("filter_cutoff", 18_000.0, "18000 Hz"),
        ("lfo_pitch", 1.8e-7, "0 st"),
        ("amp_attack", 0.0006282, "0.00063 s"),
        ("osc1_tune", -12.3456, "-12.35 cents"),
        ("osc2_semitones", 7, "7 st"),
        ("filter_four_pole", False, "off"),
        ("osc1_waveform", "pulse", "pulse"),
    ],
)
def test_values_are_written_for_people(name, value, text):
    assert space[name].text(space[name].normalise(value)) == text


# Values between two levels


@given(st.floats(0, 1), st.integers(2, 30), st.booleans())
def test_a_value_between_two_levels_is_the_nearest_or_the_lower_one(value, levels, truncates):
    choices = tuple(map(str, range(levels)))
    parameter = Parameter(
        name="mode", kind="categorical", choices=choices, default="0", truncates=truncates
    )
    steps = levels - 1
    level = float(parameter.snap(np.array(value))) * steps
    assert level == pytest.approx(round(level))
    if truncates:
        assert -1e-5 <= value * steps - level + 1e-5 < 1 + 1e-5
    else:
        assert -0.5 <= value * steps - level <= 0.5 + 1e-9
    space = ParameterSpace((parameter,))
    assert space.snap(np.array([[value]]))[0, 0] == parameter.snap(np.array(value))
    assert parameter.normalise({"normalised": value}) == parameter.snap(np.array(value))


@pytest.mark.parametrize("truncates", [False, True])
@pytest.mark.parametrize("levels", [2, 3, 7, 49, 1000])
def test_a_level_stays_itself_also_in_float32(truncates, levels):
    parameter = Parameter(
        name="n", kind="integer", low=0, high=levels - 1, default=0, truncates=truncates
    )
    exact = np.arange(levels) / (levels - 1)
    for values in (exact, exact.astype(np.float32).astype(float)):
        assert np.array_equal(parameter.snap(values), exact)
