"""Parameters limited to a part of their range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths import Parameter, ParameterSpace, Prior, SynthError
from patchwright.synths.parameters.locks import read_lock


@st.composite
def limited_parameters(draw, name):
    """Draw a parameter and a valid limit of it."""
    kind = draw(st.sampled_from(["continuous", "integer", "categorical"]))
    if kind == "categorical":
        choices = [f"c{i}" for i in range(draw(st.integers(2, 9)))]
        limit = draw(st.lists(st.sampled_from(choices), min_size=2, unique=True))
        return Parameter(name=name, kind=kind, choices=tuple(choices), default="c0"), limit
    if kind == "integer":
        low = draw(st.integers(-100, 100))
        high = low + draw(st.integers(1, 200))
        first = draw(st.integers(low, high - 1))
        parameter = Parameter(name=name, kind=kind, low=low, high=high, default=low)
        return parameter, [first, draw(st.integers(first + 1, high))]
    scale = draw(st.sampled_from(["linear", "log", "cubic"]))
    parameter = Parameter(
        name=name, kind=kind, scale=scale, low=scale == "log", high=100.0, default=50.0
    )
    first, last = sorted(draw(st.lists(st.integers(1, 100), min_size=2, max_size=2, unique=True)))
    return parameter, [first, last]


@st.composite
def limited_spaces(draw):
    """Draw a space and limits for some of its parameters."""
    pairs = [draw(limited_parameters(f"x{i}")) for i in range(draw(st.integers(1, 6)))]
    limits = {p.name: limit for p, limit in pairs if draw(st.booleans())}
    return ParameterSpace(tuple(p for p, _ in pairs)), limits


@given(limited_spaces(), st.integers(0, 2**32 - 1))
def test_round_trips_are_exact_and_within_the_limits(drawn, seed):
    space, limits = drawn
    subspace = space.lock(limit=limits)
    rng = np.random.default_rng(seed)
    for genotypes in (rng.random((20, len(space))), subspace.sample(20, rng)):
        values = subspace.decode(genotypes)
        assert np.array_equal(space.snap(values), values)
        assert np.array_equal(subspace.decode(subspace.encode(values)), values)
        for row in space.readable(values):
            for name, limit in limits.items():
                if space[name].kind == "categorical":
                    assert row[name] in limit
                else:
                    assert limit[0] - 1e-4 <= row[name] <= limit[1] + 1e-4
    for corner, place in ((0.0, 0), (1.0, -1)):
        (row,) = space.readable(subspace.decode(np.full((1, len(space)), corner)))
        for name, limit in limits.items():
            if space[name].kind == "categorical":
                assert row[name] == sorted(limit)[place]
            else:
                assert row[name] == pytest.approx(limit[place], abs=1e-4)


@given(limited_spaces(), st.integers(0, 2**32 - 1))
def test_presets_beyond_a_limit_become_the_nearest_within(drawn, seed):
    space, limits = drawn
    subspace = space.lock(limit=limits)
    values = space.sample(20, np.random.default_rng(seed))
    moved = subspace.decode(subspace.encode(values))
    for before, after in zip(space.readable(values), space.readable(moved), strict=True):
        for name in space.names:
            limit = limits.get(name)
            if limit is None or (space[name].kind == "categorical" and before[name] in limit):
                assert after[name] == before[name]
            elif space[name].kind == "categorical":
                assert after[name] in limit
            else:
                assert after[name] == pytest.approx(np.clip(before[name], *limit), abs=1e-4)


SPACE = ParameterSpace(
    (
        Parameter(name="osc_1_voices", kind="integer", low=1, high=16, default=1),
        Parameter(name="osc_2_voices", kind="integer", low=1, high=16, default=1),
        Parameter(
            name="cutoff",
            kind="continuous",
            low=20,
            high=20_000,
            scale="log",
            unit="Hz",
            default=1e3,
        ),
        Parameter(
            name="wave", kind="categorical", choices=("sine", "saw", "square"), default="saw"
        ),
        Parameter(name="sync", kind="boolean", default=False),
    )
)


def test_levels_are_those_of_the_limit_and_later_patterns_win():
    limit = {"osc_*": [1, 4], "osc_2_voices": [2, 3], "cutoff": ["200 Hz", "8 kHz"]}
    subspace = SPACE.lock({"sync": True}, limit=limit | {"wave": ["square", "sine"]})
    assert subspace.levels.tolist() == [4, 2, 0, 2]
    readable = SPACE.readable(subspace.decode(np.array([[0.0, 0.5, 0.5, 0.0], [1.0] * 4])))
    assert readable[0]["cutoff"] == pytest.approx(np.sqrt(200 * 8_000), rel=1e-6)
    assert [row.pop("cutoff") > 0 and row for row in readable] == [
        {"osc_1_voices": 1, "osc_2_voices": 3, "wave": "sine", "sync": True},
        {"osc_1_voices": 4, "osc_2_voices": 3, "wave": "square", "sync": True},
    ]


def drawn(prior, limit, **description):
    space = ParameterSpace((Parameter(name="x", prior=prior, **description),))
    subspace = space.lock(limit={"x": limit})
    values = subspace.decode(subspace.sample(2_000, np.random.default_rng(0)))
    return np.array([row["x"] for row in space.readable(values)])


@pytest.mark.parametrize(
    ("prior", "limit", "low", "high"),
    [
        (Prior(low=20, high=60), [50, 90], 50, 60),
        (Prior(low=20, high=60), [70, 90], 70, 90),
        (Prior(), [10, 90], 10, 90),
        (Prior(high=60), [10, 90], 10, 60),
    ],
)
def test_the_prior_is_the_part_of_it_within_the_limit(prior, limit, low, high):
    for kind in ("continuous", "integer"):
        values = drawn(prior, limit, kind=kind, low=0, high=100, default=0)
        assert values.min() == pytest.approx(low, abs=0.2)
        assert values.max() == pytest.approx(high, abs=0.2)
        assert values.mean() == pytest.approx((low + high) / 2, abs=2)


def test_weights_and_the_point_are_kept_where_they_may_be():
    wave = {"kind": "categorical", "choices": ("a", "b", "c"), "default": "a"}
    found = drawn(Prior(weights=(1, 3, 4)), ["b", "a"], **wave)
    assert (found == "b").mean() == pytest.approx(0.75, abs=0.05)
    assert set(found) == {"a", "b"}
    assert set(drawn(Prior(weights=(0, 0, 1)), ["b", "a"], **wave)) == {"a", "b"}
    for kind in ("continuous", "integer"):
        off = {"kind": kind, "low": 0, "high": 100, "default": 0}
        assert (drawn(Prior(point=0, mass=0.5), [0, 90], **off) == 0).mean() > 0.4
        assert drawn(Prior(point=0, mass=0.5), [10, 90], **off).min() >= 10


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"cutof": [200, 300]}, "matches no parameter.*cutoff"),
        ({"cutoff": [300, 200]}, "from 300 to 200: write the lower end first"),
        ({"cutoff": [200, 200]}, "or lock it to one value"),
        ({"cutoff": [200, 90_000]}, "cutoff cannot be 90000: .* 20 to 20000 Hz"),
        ({"cutoff": 200}, r"limited to 200: .*\[lowest, highest\]"),
        ({"cutoff": "200"}, r"\[lowest, highest\]"),
        ({"cutoff": [200, None]}, r"\[lowest, highest\]"),
        ({"cutoff": [1, 2, 3]}, r"\[lowest, highest\]"),
        ({"osc_1_voices": [1, 2.5]}, "needs a whole number"),
        ({"wave": ["saw"]}, "fewer than two values: lock it"),
        ({"wave": "saw"}, "limited to 'saw': list its choices"),
        ({"wave": ["saw", "saw"]}, "fewer than two values: lock it"),
        ({"wave": ["saw", "sinus"]}, "no choice 'sinus'"),
        ({"sync": [True, False]}, "on or off .*: lock it"),
        ({"osc_*": [1, 4]}, "osc_2_voices is both locked and limited: remove one"),
    ],
)
def test_a_wrong_limit_names_the_mend(limit, sentence):
    with pytest.raises(SynthError, match=sentence):
        SPACE.lock({"osc_2_voices": 8}, limit=limit)


def test_a_lock_file_may_hold_limits(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text('limit: {"osc_?_voices": [1, 4]}\nlock: {sync: true}\n')
    content = read_lock(file)
    subspace = SPACE.lock(content["lock"], limit=content["limit"])
    assert subspace.levels.tolist() == [4, 4, 0, 3]
    file.write_text("limits: {}\n")
    with pytest.raises(SynthError, match="'limit'"):
        read_lock(file)
