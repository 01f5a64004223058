"""Programs: read from VST2, VST3 and LV2 plugins, and played as they are."""

from pathlib import Path

import numpy as np
import pytest

from patchwright.synths import Note, Performance, Preset, SynthError
from patchwright.synths.builtin import FM
from patchwright.synths.plugins.address import installed, resolve
from patchwright.synths.plugins.hosts.derive import slug
from patchwright.synths.plugins.hosts.vst2 import VST2Effect
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.programs import programs, spread
from patchwright.synths.presets.amsynth import RANGES, decode_settings
from tests.needs import missing, need_package
from tests.synths.amsynth_plugin import amsynth, banks
from tests.synths.damage import refusal
from tests.synths.sample_plugins import need_amsynth

NOTE = Performance(notes=(Note(pitch=57, duration=0.1),), length=0.2, sr=22_050)


@pytest.fixture(scope="module")
def epiano():
    need_package("minihost", "lv2")
    if "lv2:EPiano" not in installed():
        missing("the LV2 plugins of mda are missing: install Debian's package mda-lv2")
    with RenderPool(resolve("lv2:EPiano")) as pool:
        yield pool


@pytest.fixture(scope="module")
def vst3(program_synth):
    with RenderPool(resolve(str(program_synth))) as pool:
        yield pool


def turtle(bundle: Path) -> dict[str, dict[str, float]]:
    """Return an LV2 plugin's presets, by parameter name, from its Turtle files."""
    import rdflib

    graph = rdflib.Graph()
    for name in ("EPiano.ttl", "EPiano-presets.ttl"):
        graph.parse(bundle / name, format="turtle")
    core = rdflib.Namespace("http://lv2plug.in/ns/lv2core#")
    presets = rdflib.Namespace("http://lv2plug.in/ns/ext/presets#")
    names = {
        str(graph.value(port, core.symbol)): slug(str(graph.value(port, core.name)))
        for port in graph.objects(None, core.port)
        if graph.value(port, core.name) is not None
    }
    return {
        str(graph.value(preset, rdflib.RDFS.label)): {
            names[str(graph.value(port, core.symbol))]: float(graph.value(port, presets.value))
            for port in graph.objects(preset, core.port)
        }
        for preset in graph.subjects(rdflib.RDF.type, presets.Preset)
    }


def test_lv2_programs_are_the_presets_of_the_bundle(epiano):
    expected = turtle(epiano.spec.source.plugin)
    found = programs(epiano)
    assert [preset.name for preset in found] == sorted(expected)
    assert len(found) == 5
    for preset in found:
        values = expected[preset.name]
        places = [epiano.space.index(name) for name in values]
        assert len(places) == len(epiano.space)
        np.testing.assert_allclose(preset.values[places], [*values.values()], atol=1e-6)


def test_a_program_of_parameters_alone_sounds_like_them(epiano):
    rows = np.array([preset.values for preset in programs(epiano)])
    whole = epiano.render_programs(range(5), NOTE)
    assert np.array_equal(whole.audio, epiano.render(rows, NOTE).audio)
    assert len({sound.tobytes() for sound in whole.audio}) > 3


def test_vst2_programs_are_those_of_amsynths_banks():
    need_amsynth()
    known = [settings for bank in banks() for settings in decode_settings(bank.read_bytes())]
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        found = programs(pool)
        played = pool.render_programs([0, 3], NOTE).audio
        alone = pool.render(np.array([found[i].values for i in (0, 3)]), NOTE).audio
    assert sum(not preset.name.startswith("program ") for preset in found) == len(known) > 3_000
    by_name = {preset.name: preset.values for preset in found if preset.name == "DXish"}
    settings = next(settings for name, settings in known if name == "DXish")
    for place, name in enumerate(pool.space.names):
        if name in settings:
            expected = pool.space[name].normalise(settings[name])
            assert by_name["DXish"][place] == pytest.approx(expected, abs=1e-5), name
    assert {*RANGES} == {*pool.space.names}
    np.testing.assert_allclose(played, alone, atol=1e-3)  # its state has few digits
    assert np.abs(played).max() > 0.01


def test_vst3_programs_leave_their_own_parameter_at_rest(vst3):
    found = programs(vst3)
    assert [preset.name for preset in found] == ["Plain", "Bright", "Hidden"]
    assert [preset.values[vst3.space.index("current_program")] for preset in found] == [0, 0, 0]
    brightness = [preset.values[vst3.space.index("brightness")] for preset in found]
    assert brightness == pytest.approx([0.5, 0.9, 0.2], abs=1e-6)


def test_what_a_program_holds_beyond_parameters_is_played(vst3):
    rows = np.array([preset.values for preset in programs(vst3)])
    whole, alone = vst3.render_programs(range(3), NOTE).audio, vst3.render(rows, NOTE).audio
    assert np.array_equal(whole[:2], alone[:2])
    np.testing.assert_allclose(2 * whole[2], alone[2], atol=1e-6)


def test_a_program_leaves_nothing_behind_in_other_policies(program_synth, vst3):
    plain = vst3.space.defaults[np.newaxis]
    with RenderPool(resolve(str(program_synth)), policy=Policy.none) as pool:
        pool.render_programs([2], NOTE)
        audio = pool.render(plain, NOTE).audio
    np.testing.assert_allclose(audio, vst3.render(plain, NOTE).audio, atol=1e-6)


def test_equal_programs_count_once_and_many_are_thinned_evenly():
    presets = [Preset(str(i), "x", np.array([i // 2 / 10])) for i in range(10)]
    assert [preset.name for preset in spread(presets, None)] == ["0", "2", "4", "6", "8"]
    assert [preset.name for preset in spread(presets, 3)] == ["0", "4", "8"]
    assert [preset.name for preset in spread(presets, 1)] == ["0"]


# What is refused


def test_synths_without_programs_are_told(fault_synth):
    with FM() as synth:
        assert "built-in synth" in refusal(programs, synth)
    with RenderPool(resolve(str(fault_synth))) as pool:
        assert "shows no programs through pedalboard" in refusal(programs, pool)
        assert ".vstpreset, .json" in refusal(programs, pool)


def test_a_file_that_is_no_vst2_plugin(tmp_path):
    (tmp_path / "x.so").write_bytes(b"no library")
    with pytest.raises(SynthError, match="is not a VST2 plugin"):
        VST2Effect(tmp_path / "x.so")


def test_a_vst2_plugin_says_what_it_is():
    with VST2Effect(amsynth()) as effect:
        assert effect.is_synth
        assert effect.choose(3) == "DXish"
        assert b"DXish" in effect.chunk()
        assert len(effect.values()) == len(RANGES)
