import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.surrogates import SurrogateError, SynthIdentity
from patchwright.synths.builtin import FM, SYNTHS, Subtractive
from tests.surrogates.tiny import TinySynth

SPACES = {name: cls.space for name, cls in SYNTHS.items()} | {"tiny": TinySynth.space}
LIMITS = {
    "tiny": {"level": [-30, -10], "octave": [-1, 1], "fault": ["none", "silent"]},
    "subtractive": {"filter_cutoff": [200, 8_000], "filter_type": ["lowpass", "bandpass"]},
}


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_lock_comes_back_from_json(data):
    """The rebuilt subspace decodes and draws the same presets."""
    name = data.draw(st.sampled_from(sorted(SPACES)))
    space = SPACES[name]
    limit = LIMITS.get(name, {}) if data.draw(st.booleans()) else {}
    names = [each for each in space.names if each not in limit]
    locked = data.draw(st.sets(st.sampled_from(names), max_size=len(space) - 3))
    row = space.sample(1, np.random.default_rng(data.draw(st.integers(0, 99))))[0]
    values = dict(zip(space.names, space.readable(row[None])[0].values(), strict=True))
    subspace = space.lock({each: values[each] for each in locked}, limit=limit)
    before = SynthIdentity.of(name, subspace)
    text = json.dumps(before.model_dump(mode="json"), allow_nan=False)
    after = SynthIdentity.model_validate_json(text)
    assert after == before
    assert before.differences(after) == []
    again = after.subspace()
    assert again.names == subspace.names
    drawn = subspace.sample(20, np.random.default_rng(1))
    np.testing.assert_array_equal(again.sample(20, np.random.default_rng(1)), drawn)
    np.testing.assert_array_equal(again.decode(drawn), subspace.decode(drawn))


def test_differences_are_named():
    def identity(lock=None, **options):
        return SynthIdentity.of("subtractive", Subtractive.space.lock(lock, **options))

    first = identity({"lfo_*": None})
    assert first.differences(identity({"lfo_*": None})) == []
    (found,) = first.differences(identity({"lfo_*": None, "filter_cutoff": 1_000}))
    assert found.startswith("locked.filter_cutoff (nothing and 0.5")
    (found,) = first.differences(identity({"lfo_*": None}, limit={"amp_level": [-24, -6]}))
    assert found.startswith("limits.amp_level (nothing and [-24")
    other = SynthIdentity.of("fm", FM.space.lock({}))
    assert first.differences(other)[0] == "name (subtractive and fm)"


def test_texts_and_priors_of_parameters_may_differ():
    first = SynthIdentity.of("tiny", TinySynth.space.lock({}))
    space = first.model_dump()
    space["space"]["parameters"]["level"] |= {"about": "another text", "prior": {"low": -20}}
    assert first.differences(SynthIdentity.model_validate(space)) == []
    space["space"]["parameters"]["level"] |= {"high": 6}
    assert first.differences(SynthIdentity.model_validate(space)) != []


def test_a_damaged_description_is_refused():
    content = SynthIdentity.of("tiny", TinySynth.space.lock({"bend": 0})).model_dump()
    for wrong in ({"locked": {"bent": 0.5}}, {"locked": {"bend": 2.0}}, {"limits": {"bend": [1]}}):
        with pytest.raises(SurrogateError, match="tiny"):
            SynthIdentity.model_validate(content | wrong).subspace()
