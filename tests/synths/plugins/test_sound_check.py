"""Effects and silent plugins are told from instruments before anything is searched."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from patchwright.synths import Parameter, ParameterSpace, Renderings, Status
from patchwright.synths.plugins import sound_check
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.diagnosis import is_effect
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.sound_check import check_sound
from tests.needs import need_package
from tests.synths.damage import refusal
from tests.synths.plugins.test_diagnosis import compiled
from tests.synths.sample_plugins import need_amsynth

# the head of a VST2 plugin, with its flags
VST2 = """
#include <cstdint>
struct AEffect;
static intptr_t answer(AEffect*, int32_t, int32_t, intptr_t, void*, float) {{ return 0; }}
struct AEffect {{
    int32_t magic = 0x56737450;
    void* calls[4] = {{(void*)&answer, (void*)&answer, (void*)&answer, (void*)&answer}};
    int32_t counts[4] = {{}};
    int32_t flags = {flags};
}};
typedef intptr_t (*Host)(AEffect*, int32_t, int32_t, intptr_t, void*, float);
static AEffect effect;
extern "C" AEffect* VSTPluginMain(Host host) {{
    return host(nullptr, 1, 0, 0, nullptr, 0.0f) >= 2400 ? &effect : nullptr;
}}
"""


class StubPool:
    """A pool that renders without a plugin.

    Args:
        sounding: Function that tells from values `[P]` and the number of notes whether a preset
            sounds.
        inputs: Number of audio inputs of the plugin.
        names: Names of its parameters.
    """

    policy = Policy.fork
    name = "vst2:stub"

    def __init__(self, sounding, *, inputs=0, names=("level",), status=Status.ok):
        self.space = ParameterSpace(
            tuple(Parameter(name=name, kind="continuous", default=0.0) for name in names)
        )
        self.described = SimpleNamespace(inputs=inputs)
        self.spec = SimpleNamespace(
            name=self.name, source=SimpleNamespace(plugin=Path("/nowhere/stub.so"))
        )
        self._sounding, self._status = sounding, status
        self.rendered = 0

    def render(self, values, performance):
        n = len(values)
        self.rendered += n
        sounds = [self._sounding(row, len(performance.notes)) for row in values]
        status = np.where(sounds, self._status, Status.silent).astype(np.int8)
        return Renderings(np.zeros((n, 1, 1), np.float32), status, np.zeros(n))


@pytest.fixture
def answers(monkeypatch):
    """What plugins say of themselves: whether they are effects."""
    said = {"effect": None}
    monkeypatch.setattr(sound_check, "is_effect", lambda _: said["effect"])
    return said


@pytest.mark.parametrize(
    ("sounding", "renders"),
    [
        (lambda row, notes: True, 1),
        (lambda row, notes: notes > 1, 2),  # within another range
        (lambda row, notes: row[0] > 0.5, None),  # with another preset
    ],
)
def test_an_instrument_is_accepted_as_soon_as_it_sounds(sounding, renders, answers):
    pool = StubPool(sounding)
    check_sound(pool)
    assert renders in (None, pool.rendered)


def test_an_effect_that_hums_is_refused_by_what_it_says(answers):
    pool = StubPool(lambda *_: True, inputs=2)
    check_sound(pool)  # it does not say anything
    answers["effect"] = False
    check_sound(pool)  # an instrument with a side chain
    answers["effect"] = True
    assert "is an effect, not an instrument: name another plugin" in refusal(check_sound, pool)
    check_sound(StubPool(lambda *_: True))  # it takes no audio, so it is not asked


@pytest.mark.parametrize("names", [("level",), ()])
@pytest.mark.parametrize(("effect", "mend"), [(True, "is an effect"), (None, "synth's state")])
def test_one_that_is_silent_with_every_preset_is_refused(names, effect, mend, answers):
    answers["effect"] = effect
    pool = StubPool(lambda *_: False, names=names)
    reason = refusal(check_sound, pool)
    assert mend in reason
    assert effect or f"{pool.rendered - 2} random ones" in reason
    assert "name another plugin" in reason


@pytest.mark.parametrize("status", [Status.crashed, Status.timeout, Status.non_finite])
def test_a_failure_is_no_silence(status, answers):
    check_sound(StubPool(lambda *_: True, status=status))


@pytest.mark.parametrize("policy", [Policy.none, Policy.reset, Policy.reinstantiate])
def test_nothing_is_played_where_it_could_be_heard_later(policy, answers):
    pool = StubPool(lambda *_: False)
    pool.policy = policy
    check_sound(pool)
    assert pool.rendered == 0


@pytest.mark.parametrize(("flags", "effect"), [(0, True), (1 << 8, False), (0x131, False)])
def test_a_vst2_plugin_says_what_it_is_by_its_flags(flags, effect, tmp_path):
    plugin = compiled(tmp_path / "plugin.so", VST2.format(flags=flags))
    assert is_effect(plugin) is effect


def test_one_that_says_nothing(tmp_path):
    plugin = compiled(tmp_path / "plugin.so", 'extern "C" int nothing() { return 1; }\n')
    assert is_effect(plugin) is None


def test_real_plugins(test_effect, fault_synth):
    need_package("dawdreamer", "dawdreamer")
    with RenderPool(resolve(str(test_effect), host="dawdreamer")) as pool:
        assert "is an effect" in refusal(check_sound, pool)
    with RenderPool(resolve(str(fault_synth))) as pool:
        check_sound(pool)


def test_amsynth():
    need_amsynth()
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        check_sound(pool)
    assert is_effect(pool.spec.source.plugin) is False
