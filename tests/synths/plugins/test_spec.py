"""Spec files: written, read back, combined with plugins' descriptions; shipped files."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchwright.synths import (
    Note,
    Parameter,
    ParameterSpace,
    Performance,
    Prior,
    Status,
    SynthError,
)
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.parameters.locks import read_lock, shipped_locks
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.hosts.table import find_host
from patchwright.synths.plugins.jobs import PluginSource
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.spec import PluginSpec, read_space, read_spec, spec_text
from tests.synths.damage import refusal
from tests.synths.sample_plugins import need_amsynth, need_package

SHORT = Performance(notes=(Note(pitch=60, duration=0.2),), length=0.3, sr=22_050)
# long enough for releases, slow LFOs and the tails of effects to be heard
LONG = Performance(notes=(Note(pitch=60, duration=0.3),), length=0.6, sr=22_050)
LOCKS = {"amsynth-16": 16, "amsynth-32": 32, "vital-24": 24, "vital-48": 48, "vital-96": 96}


@pytest.fixture(scope="module")
def pools(request):
    """Plugins by name, each opened once."""
    opened = {}

    def pool(name):
        if name not in opened:
            if name == "amsynth":
                need_amsynth()
                spec = resolve("vst2:amsynth_vst")
            elif name == "vital":
                need_package("vita", "vital")
                spec = resolve("vital")
            else:
                spec = resolve(str(request.getfixturevalue("fault_synth")))
            opened[name] = RenderPool(spec)
        return opened[name]

    yield pool
    for one in opened.values():
        one.close()


# Written and read back


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "spec.yaml"

    def again(space):
        path.write_text(spec_text(space), encoding="utf-8")
        return read_space(path)

    return again


@pytest.mark.parametrize("name", SYNTHS)
def test_the_spec_of_a_built_in_synth_gives_its_space_again(name, written):
    space = SYNTHS[name].space
    assert written(space).parameters == space.parameters


@pytest.mark.parametrize(("name", "size"), [("amsynth", 41), ("vital", 772), ("fault", 17)])
def test_the_spec_of_a_plugin_gives_its_space_again(name, size, pools, written, tmp_path):
    pool = pools(name)
    assert len(pool.space) == size
    assert written(pool.space).parameters == pool.space.parameters
    # and the same when it refines the plugin's own description
    (tmp_path / "spec.yaml").write_text(spec_text(pool.space), encoding="utf-8")
    entries = read_spec(tmp_path / "spec.yaml").parameters
    spec = PluginSpec(name=name, source=pool.spec.source, parameters=entries)
    assert spec.refine(pool.described.parameters) == pool.space


NAMES = st.text("abc_123", min_size=1, max_size=6)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
ODD = st.sampled_from(["on", "off", "null", "1", "1e3", ".nan", "~", "- a", "a: b", "é #", " x "])
TEXTS = WORDS | ODD
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def parameters(draw, name):
    kind = draw(st.sampled_from(["continuous", "integer", "categorical", "boolean"]))
    fields = {"name": name, "kind": kind, "about": draw(TEXTS | st.just(""))}
    aliases = TEXTS.filter(lambda text: text != name)
    fields["aliases"] = tuple(draw(st.lists(aliases, max_size=2, unique=True)))
    prior = {}
    if kind == "categorical":
        fields["choices"] = tuple(draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True)))
        values, levels = st.sampled_from(fields["choices"]), len(fields["choices"])
    elif kind == "boolean":
        values, levels = st.booleans(), 2
    elif kind == "integer":
        fields["low"] = draw(st.integers(-50, 50))
        fields["high"] = fields["low"] + draw(st.integers(1, 20))
        values = st.integers(fields["low"], fields["high"])
        levels = fields["high"] - fields["low"] + 1
    else:
        fields["scale"] = draw(st.sampled_from(["linear", "log", "quadratic", "cubic", "quartic"]))
        low = {"linear": NUMBERS, "log": st.floats(1e-6, 1e3)}.get(fields["scale"], st.just(0.0))
        fields["low"] = draw(low)
        fields["high"] = fields["low"] + draw(st.floats(1e-3, 1e6))
        values, levels = st.floats(fields["low"], fields["high"]), 0
    if kind in ("continuous", "integer"):
        fields["unit"] = draw(st.sampled_from(["", "Hz", "s", "%", "µs"]))
        prior |= {"low": draw(values)} if draw(st.booleans()) else {}
        prior |= {"high": draw(values)} if draw(st.booleans()) else {}
    if levels and draw(st.booleans()):
        prior["weights"] = tuple(
            draw(st.lists(st.floats(0.1, 9), min_size=levels, max_size=levels))
        )
    if draw(st.booleans()):
        prior |= {"point": draw(values), "mass": draw(st.floats(0, 1))}
    return Parameter(**fields, default=draw(values), prior=Prior(**prior))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=1, max_size=4, unique=True), data=st.data())
def test_any_space_comes_back(names, data, written):
    space = ParameterSpace(tuple(data.draw(parameters(name)) for name in names))
    assert written(space).parameters == space.parameters


# Combined with the plugin's description

DESCRIBED = (
    Parameter(name="level", kind="continuous", default=0.5, about="loud", aliases=("Level",)),
    Parameter(name="wave", kind="continuous", default=1.0),
    Parameter(
        name="time", kind="continuous", default=1.0, low=0.0, high=4.0, unit="s", scale="quadratic"
    ),
    Parameter(name="mode", kind="categorical", default="b", choices=("a", "b", "c")),
    Parameter(name="hold", kind="boolean", default=True),
)


def refined(tmp_path, text):
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    file = read_spec(path)
    source = PluginSource(host=find_host("pedalboard"), plugin=None, options=file.options)
    spec = PluginSpec(name="vst3:Toy", source=source, parameters=file.parameters, origin=str(path))
    return spec.refine(DESCRIBED)


def test_parameters_that_the_file_does_not_name_stay(tmp_path):
    space = refined(tmp_path, "parameters: {wave: {about: shape}}")
    assert space.names == ("level", "wave", "time", "mode", "hold")
    assert space.parameters[0] is DESCRIBED[0]
    assert space["wave"] == Parameter(name="wave", kind="continuous", default=1.0, about="shape")


def test_a_knob_becomes_a_choice_where_it_stood(tmp_path):
    wave = refined(tmp_path, "parameters: {wave: {kind: categorical, choices: [sine, saw, pulse]}}")
    assert wave["wave"].choices == ("sine", "saw", "pulse")
    assert wave["wave"].default == "pulse"  # as the plugin is loaded: at 1
    level = refined(tmp_path, "parameters: {level: {kind: categorical, choices: [x, y, z]}}")
    assert level["level"].default == "y"  # at 0.5
    assert level["level"].aliases == ("Level",)
    assert level["level"].about == "loud"


def test_a_knob_becomes_whole_numbers_or_a_switch(tmp_path):
    text = (
        "parameters: {level: {kind: integer, low: -3, high: 4, unit: oct}, wave: {kind: boolean}}"
    )
    space = refined(tmp_path, text)
    level = space["level"]
    assert (level.kind, level.low, level.high, level.unit) == ("integer", -3, 4, "oct")
    assert level.default in (0, 1)  # in the middle
    assert (space["wave"].kind, space["wave"].default) == ("boolean", True)


def test_a_choice_may_be_renamed_or_become_whole_numbers(tmp_path):
    space = refined(tmp_path, "parameters: {mode: {choices: [x, y, z]}}")
    assert (space["mode"].choices, space["mode"].default) == (("x", "y", "z"), "y")
    space = refined(tmp_path, "parameters: {mode: {kind: integer, low: 1, high: 3}}")
    assert (space["mode"].kind, space["mode"].default) == ("integer", 2)
    space = refined(tmp_path, "parameters: {mode: {kind: continuous}}")
    assert (space["mode"].kind, space["mode"].default) == ("continuous", 0.5)


def test_a_range_with_another_scale_and_unit(tmp_path):
    text = "parameters: {level: {low: 20, high: 20000, unit: Hz, scale: log}}"
    level = refined(tmp_path, text)["level"]
    assert level.normalise("200 Hz") == pytest.approx(1 / 3, abs=1e-6)
    assert level.default == pytest.approx((20 * 20_000) ** 0.5)  # still at 0.5


def test_the_plugins_range_stays_if_only_the_unit_is_given(tmp_path):
    time = refined(tmp_path, "parameters: {time: {unit: ms, about: decay}}")["time"]
    assert (time.low, time.high, time.unit, time.scale) == (0.0, 4.0, "ms", "quadratic")
    assert time.default == pytest.approx(1.0)


def test_a_default(tmp_path):
    text = "parameters: {level: {default: 0.25}, mode: {default: c}, hold: {default: false}}"
    space = refined(tmp_path, text)
    assert [space[name].default for name in ("level", "mode", "hold")] == [0.25, "c", False]
    assert space.defaults.tolist() == [0.25, 1.0, 0.5, 1.0, 0.0]


def test_a_prior_decides_what_is_drawn(tmp_path):
    text = """
parameters:
  level: {prior: {low: 0.25, high: 0.5}}
  wave: {prior: {point: 0, mass: 0.5}}
  mode: {prior: {weights: [1, 0, 3]}}
  hold: {prior: {point: false, mass: 1}}
"""
    drawn = refined(tmp_path, text).sample(4_000, np.random.default_rng(0))
    level, wave, _, mode, hold = drawn.T
    assert 0.25 <= level.min() < 0.26
    assert 0.49 < level.max() <= 0.5
    assert np.mean(wave == 0) == pytest.approx(0.5, abs=0.05)
    assert np.mean(mode == 1) == pytest.approx(0.75, abs=0.05)
    assert 0.5 not in mode
    assert not hold.any()


def test_aliases_may_be_written_in_presets_and_looked_up(tmp_path):
    space = refined(tmp_path, "parameters: {level: {aliases: [Volume, loudness]}}")
    assert space.index("Volume") == space.index("loudness") == 0
    assert space.values([{"loudness": 0.125}])[0, 0] == 0.125


def test_the_plugins_own_names_are_aliases(pools):
    space = pools("fault").space
    assert space["detune"].aliases == ("Detune", "detune_ct")  # the second is pedalboard's
    assert space.index("Detune") == space.index("detune_ct") == space.index("detune") == 5
    assert space.lock(free=["detune_ct", "lev*"]).names == ("level", "detune")


# What is refused


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{levle: {about: x}}", "vst3:Toy has no parameter 'levle': did you mean 'level'?"),
        ("{level: {kind: categorical}}", "level is categorical: give it distinct choices."),
        ("{level: {kind: categorical, choices: [a, a]}}", "distinct choices."),
        ("{level: {kind: categorical, choices: []}}", "distinct choices."),
        ("{level: {choices: [a, b]}}", "level is not categorical: remove its choices."),
        ("{level: {low: 3}}", "level ranges from 3.0 to 1.0: low must be below high."),
        ("{level: {scale: log}}", "level has a log scale from 0.0: low must be above 0."),
        ("{level: {kind: integer, low: 0.5, high: 2}}", "whole bounds and a linear scale."),
        (
            "{level: {default: 7}}",
            "level cannot be 7: it ranges from 0 to 1, and the nearest is 1.",
        ),
        ("{mode: {default: d}}", "mode has no choice 'd': "),
        (
            "{mode: {prior: {weights: [1, 2]}}}",
            "mode has 3 levels and 2 weights: give one weight per level.",
        ),
        ("{level: {prior: {high: 3}}}", "level cannot be 3.0: it ranges from 0 to 1"),
    ],
)
def test_a_file_that_does_not_fit_is_one_sentence(text, sentence, tmp_path):
    message = refusal(refined, tmp_path, f"parameters: {text}")
    assert message.startswith(f"{tmp_path / 'spec.yaml'}: ")
    assert sentence in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("parameters: {level: {hihg: 3}}", "parameters.level.hihg is invalid: "),
        ("paramters: {}", "paramters is invalid: "),
        ("parameters: {level: {kind: real}}", "parameters.level.kind is invalid: "),
        ("parameters: {level: {scale: 3}}", "parameters.level.scale is invalid: "),
        ("parameters: {level: {low: .nan}}", "parameters.level.low is invalid: "),
        ("parameters: {level: {high: .inf}}", "parameters.level.high is invalid: "),
        ("parameters: {level: {default: .nan}}", "parameters.level.default"),
        ("parameters: {level: {prior: {lwo: 0}}}", "parameters.level.prior.lwo is invalid: "),
        ("parameters: {level: loud}", "parameters.level is invalid: "),
        ("parameters: [level]", "parameters is invalid: "),
        ("parameters: {level: [", " is not YAML in line 1: check indents and colons."),
        ("level", " must hold keys and values"),
        ("", " must hold keys and values"),
        ("parameters: !!python/name:os.system", " is wrong in line 1: "),
    ],
)
@pytest.mark.parametrize("read", [read_spec, read_space], ids=["spec", "space"])
def test_a_file_that_is_no_spec_is_one_sentence(text, sentence, read, tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    message = refusal(read, path)
    assert message.startswith(str(path))
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_that_is_no_text_and_a_missing_one(tmp_path):
    path = tmp_path / "spec.yaml"
    assert refusal(read_spec, path).startswith(f"{path} cannot be read (")
    path.write_bytes(b"\xff\xfe\x00")
    assert refusal(read_spec, path).startswith(f"{path} is not YAML: ")


def test_a_pool_refuses_a_spec_of_another_plugin(fault_synth, tmp_path):
    (tmp_path / "spec.yaml").write_text("parameters: {brightnes: {about: x}}\n")
    spec = resolve(str(fault_synth), spec=tmp_path / "spec.yaml")
    assert "did you mean 'brightness'?" in refusal(RenderPool, spec)


# Shipped specs and locks


@pytest.mark.parametrize("name", ["amsynth", "vital"])
def test_the_shipped_specs_fit_their_plugins(name, pools):
    pool = pools(name)
    assert pool.spec.parameters.keys() <= {*pool.space.names}
    plain = {p.name: p for p in pool.described.parameters}
    for name in pool.spec.parameters:  # no entry is superfluous
        assert pool.space[name] != plain[name], name


def test_there_is_a_lock_file_for_each_size():
    assert {*LOCKS} <= {*shipped_locks()}


def locked(pools, lock):
    pool = pools(lock.partition("-")[0])
    content = read_lock(lock)
    return pool, pool.space.lock(content.get("lock"), free=content.get("free"))


@pytest.mark.parametrize(("lock", "free"), LOCKS.items())
def test_a_shipped_lock_frees_as_many_parameters_as_its_name_says(lock, free, pools):
    pool, subspace = locked(pools, lock)
    assert len(subspace) == free
    random = {name for name in pool.space.names if "random_phase" in name}
    assert random.isdisjoint(subspace.names)
    assert all(subspace.locked[pool.space.index(name)] == 0 for name in random)
    assert bool(random) == lock.startswith("vital")


@pytest.mark.parametrize("lock", LOCKS)
def test_random_presets_within_a_lock_sound(lock, pools):
    pool, subspace = locked(pools, lock)
    rows = subspace.decode(subspace.sample(60, np.random.default_rng(0)))
    status = pool.render(rows, SHORT).status
    assert (status == Status.ok).mean() >= 0.95, [Status(s).name for s in status]


@pytest.mark.parametrize("lock", ["vital-24", "amsynth-32"])
def test_every_free_parameter_is_heard(lock, pools):
    """Moving any parameter across its range changes the sound of some random preset."""
    pool, subspace = locked(pools, lock)
    base = subspace.decode(subspace.sample(12, np.random.default_rng(1)))
    before = pool.render(base, LONG).audio
    for position, name in zip(subspace.free.tolist(), subspace.names, strict=True):
        for row, audio in zip(base, before, strict=True):
            changed = row.copy()
            changed[position] = 0.0 if row[position] > 0.5 else 1.0
            if not np.array_equal(pool.render(changed[np.newaxis], LONG).audio[0], audio):
                break
        else:
            pytest.fail(f"{name} is not heard")


def test_an_unknown_lock_is_refused_with_the_nearest(tmp_path):
    message = refusal(read_lock, "amsynt-32")
    assert "did you mean 'amsynth-32'?" in message
    (tmp_path / "lock.yaml").write_text("lokc: {}\n")
    with pytest.raises(SynthError, match="keys 'lock'"):
        read_lock(tmp_path / "lock.yaml")
    (tmp_path / "lock.yaml").write_text("{}\n")
    with pytest.raises(SynthError, match="keys 'lock'"):
        read_lock(tmp_path / "lock.yaml")
