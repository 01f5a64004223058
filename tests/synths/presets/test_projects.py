"""States of plugins in projects of Ardour, Carla and REAPER."""

import struct

import numpy as np
import pytest
from typer.testing import CliRunner

from patchwright.experiments.cli.main import app
from patchwright.synths import SynthError
from patchwright.synths.builtin import Subtractive
from patchwright.synths.plugins.address import installed, resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import amsynth, ardour, carla, fxp, lv2, reaper, vstpreset
from patchwright.synths.presets.files import read_preset, read_presets
from tests.needs import missing, need_package
from tests.synths.damage import check_reader, refusal
from tests.synths.presets import projects
from tests.synths.sample_plugins import need_amsynth

STATE = amsynth.encode_state("x", {"amp_attack": 0.5})
VST2 = f"<Binary>/x.so</Binary><UniqueID>{projects.AMSYNTH}</UniqueID>"
LV2 = f"<URI>{projects.JX10}</URI>"
VST3 = "<Label>0x5653544C,0x656C2374,0x73746572,0x656F2000</Label>"
BY_PARAMETERS = struct.pack("<IIff", 0xDEADBEEF, 0xDEADF00D, 0.25, 0.75)


def only(states):
    (state,) = states
    return state


# Each program's own form


@pytest.mark.parametrize(
    ("states", "name"),
    [
        (ardour.decode(projects.ardour(projects.ardour_vst2(STATE))), "Bass: amsynth"),
        (carla.decode(projects.carla(projects.carla_plugin("VST2", VST2, chunk=STATE))), "A & B"),
        (
            reaper.decode(projects.reaper(projects.reaper_vst2(STATE))),
            "Bass: amsynth (Nick Dowell)",
        ),
        (reaper.decode(projects.reaper(projects.reaper_vst2(STATE, given="My"))), "Bass: My"),
    ],
)
def test_the_chunk_of_a_vst2_plugin_becomes_its_preset(states, name):
    state = only(states)
    preset = fxp.decode(state.data)
    assert (state.name, state.kind, state.plugin) == (name, "VST2", "amsy")
    assert (preset.plugin_id, preset.chunk) == ("amsy", STATE)


@pytest.mark.parametrize(
    "state",
    [
        only(
            ardour.decode(
                projects.ardour(
                    '<Processor name="x" type="windows-vst" unique-id="1634562937"><windows-vst>'
                    '<parameters param-1="0.75" param-0="0.25"/></windows-vst></Processor>'
                )
            )
        ),
        only(
            carla.decode(
                projects.carla(
                    projects.carla_plugin("VST2", VST2, parameters={"a": 0.25, "b": 0.75})
                )
            )
        ),
        only(reaper.decode(projects.reaper(projects.reaper_vst2(BY_PARAMETERS, regular=True)))),
    ],
)
def test_parameters_of_a_vst2_plugin_become_its_preset(state):
    assert fxp.decode(state.data).parameters == (0.25, 0.75)


def test_states_of_vst3_plugins_become_presets():
    inside = vstpreset.encode(
        vstpreset.VST3Preset(class_id=projects.CLASS_ID, component=b"abc", controller=b"d")
    )
    from_ardour = projects.ardour(
        projects.ardour_vst2(inside).replace("lxvst", "vst3").replace("1634562937", "x")
    )
    from_carla = projects.carla(projects.carla_plugin("VST3", VST3, chunk=b"abc"))
    from_reaper = projects.reaper(projects.reaper_vst3(b"abc", b"d"))
    states = [
        only(ardour.decode(from_ardour)),
        only(carla.decode(from_carla)),
        only(reaper.decode(from_reaper)),
    ]
    found = [vstpreset.decode(state.data) for state in states]
    assert {(state.kind, state.plugin) for state in states} == {("VST3", projects.CLASS_ID)}
    assert [preset.component for preset in found] == [b"abc"] * 3
    assert [preset.controller for preset in found] == [b"d", None, b"d"]


@pytest.mark.parametrize(
    "state",
    [
        only(ardour.decode(projects.ardour(projects.ardour_lv2({"osc_mix": 0.25})))),
        only(
            carla.decode(
                projects.carla(projects.carla_plugin("LV2", LV2, parameters={"osc_mix": 0.25}))
            )
        ),
        only(
            carla.decode(
                projects.carla(
                    projects.carla_plugin("LV2", LV2, parameters={"osc_mix": 0.25}),
                    root="CARLA-PRESET",
                )
            )
        ),
    ],
)
def test_ports_of_an_lv2_plugin_become_its_preset(state):
    assert (state.kind, state.plugin) == ("LV2", projects.JX10)
    assert lv2.decode(state.data).plugin == projects.JX10
    assert b'lv2:symbol "osc_mix" ;\n\t\tpset:value 0.25' in state.data


def test_chains_of_effects_have_no_track_and_other_plugins_no_state():
    chain = "BYPASS 0 0 0\n" + projects.reaper_vst2(STATE) + '\n<CLAP "CLAPi: Surge XT" x\n>\n'
    states = reaper.decode(chain.encode())
    assert [(state.name, state.kind, bool(state.data)) for state in states] == [
        ("amsynth (Nick Dowell)", "VST2", True),
        ("Surge XT", "CLAP", False),
    ]


def test_what_is_left_out_is_told():
    beside = projects.ardour_lv2({"a": 1}).replace("<lv2>", '<lv2 state-dir="state1">')
    assert "beside the session" in only(ardour.decode(projects.ardour(beside))).lost


# Damage

SAMPLES = {
    "ardour": (
        ardour.decode,
        projects.ardour(projects.ardour_lv2({"a": 0.5}), projects.ardour_vst2(b"chunk")),
    ),
    "carla": (
        carla.decode,
        projects.carla(
            projects.carla_plugin("VST2", VST2, chunk=b"chunk"),
            projects.carla_plugin("LV2", LV2, parameters={"a": 0.5}),
            projects.carla_plugin("VST3", VST3, chunk=b"chunk"),
        ),
    ),
    "reaper": (
        reaper.decode,
        projects.reaper(
            projects.reaper_vst2(b"chunk"),
            projects.reaper_vst2(BY_PARAMETERS, regular=True),
            projects.reaper_vst3(b"abc", b"d"),
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_projects_are_refused_in_a_sentence(name):
    decode, data = SAMPLES[name]
    assert check_reader(decode, data) > len(data) / 2


@pytest.mark.parametrize(
    ("decode", "data", "sentence"),
    [
        (ardour.decode, b"<Route/>", "no session of Ardour"),
        (carla.decode, b"<Session/>", "no project of Carla"),
        (reaper.decode, b"RIFF", "no project of REAPER"),
        (reaper.decode, b"<A\n" * 100, "64 blocks"),
        (reaper.decode, b">\n", "did not begin"),
        (ardour.decode, b"<a>" * 100, "64 in one another"),
        (ardour.decode, b"<Session><a></Session>", "line 1"),
        (ardour.decode, b'<!DOCTYPE a [<!ENTITY b "c">]><Session/>', "entities"),
        (ardour.decode, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Session/>', "another file"),
        (ardour.decode, b"<Session>&b;</Session>", "line 1"),
        (ardour.decode, projects.ardour(projects.ardour_lv2({'a': float("nan")})), "'a'"),
        (ardour.decode, projects.ardour(projects.ardour_lv2({"a b": 1.0})), "'a b'"),
        (ardour.decode, projects.ardour(projects.ardour_lv2({}, "urn:x&gt; a &lt;")), "no URI"),
        (ardour.decode, projects.ardour(projects.ardour_vst2(b"x", 2**33)), "not one of VST2"),
        (
            reaper.decode,
            projects.reaper(projects.reaper_vst2(b"abc" * 9)).replace(b"YWJj", b"YW*j", 1),
            "damaged",
        ),
    ],
)  # fmt: skip
def test_refusals_name_the_mend(decode, data, sentence):
    assert sentence in refusal(decode, data)


# With plugins


@pytest.fixture(scope="module")
def pool():
    need_amsynth()
    with RenderPool(resolve("vst2:amsynth_vst")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("file", "write"),
    [
        ("x.ardour", lambda chunk: projects.ardour(projects.ardour_vst2(chunk))),
        ("x.carxp", lambda chunk: projects.carla(projects.carla_plugin("VST2", VST2, chunk=chunk))),
        ("x.RPP", lambda chunk: projects.reaper(projects.reaper_vst2(chunk))),
    ],
)
def test_a_state_of_a_project_is_the_preset_that_was_saved(pool, tmp_path, file, write):
    values = pool.space.sample(1, np.random.default_rng(0))[0]
    saved = pool.save_state(values)
    (tmp_path / file).write_bytes(write(fxp.decode(saved).chunk))
    found = read_preset(tmp_path / file, pool)
    np.testing.assert_array_equal(found.values, pool.load_state(saved))


def test_states_are_chosen_by_name_or_number_and_others_left_out(pool, tmp_path):
    chunks = [amsynth.encode_state("x", {"amp_attack": value}) for value in (0.5, 1.0)]
    path = tmp_path / "x.rpp"
    path.write_bytes(
        projects.reaper(
            projects.reaper_vst3(b"abc"), *(projects.reaper_vst2(chunk) for chunk in chunks)
        )
    )
    attack = pool.space.index("amp_attack")
    assert [preset.values[attack] for preset in read_presets(path, pool)] == pytest.approx(
        [0.2, 0.4]
    )
    assert read_preset(path, pool, name="2").values[attack] == pytest.approx(0.4)
    assert "2 presets: name one of 1: Bass: amsynth" in refusal(read_preset, path, pool)


def test_another_plugin_is_told_by_name(pool, tmp_path):
    path = tmp_path / "x.rpp"
    path.write_bytes(projects.reaper(projects.reaper_vst3(b"abc")))
    assert "it has Bass: Delay (Tracktion) (VST3)" in refusal(read_preset, path, pool)
    path.write_bytes(projects.reaper(projects.reaper_vst2(STATE, number=1)))
    with pytest.raises(SynthError, match="has no state of vst2:amsynth_vst"):
        read_preset(path, pool)
    with Subtractive() as synth:
        assert "name the plugin instead of subtractive" in refusal(read_preset, path, synth)


def test_a_nameless_state_of_amsynth_keeps_its_first_parameter(pool):
    """Ardour saves amsynth so; the plugin alone would take the parameter for the name."""
    chunk = amsynth.encode_state("x", {"amp_attack": 0.5}).replace(b"<name> x\n", b"<name> \n")
    values = pool.load_state(fxp.encode(fxp.Program(plugin_id="amsy", chunk=chunk)))
    assert values[pool.space.index("amp_attack")] == pytest.approx(0.2)


def test_ports_of_a_project_reach_an_lv2_plugin(tmp_path):
    need_package("minihost", "lv2")
    if "lv2:JX10" not in installed():
        missing("JX10 is missing: install Debian's package mda-lv2")
    path = tmp_path / "x.ardour"
    path.write_bytes(projects.ardour(projects.ardour_lv2({"osc_mix": 0.25, "vcf_freq": 0.5})))
    with RenderPool(resolve("lv2:JX10")) as pool:
        readable = pool.space.readable(read_preset(path, pool).values[np.newaxis])[0]
    assert readable["osc_mix"] == pytest.approx(0.25)
    assert readable["vcf_freq"] == pytest.approx(0.5)


def test_a_project_is_played_by_the_command_line(tmp_path):
    need_amsynth()
    project, sound = tmp_path / "x.rpp", tmp_path / "x.wav"
    project.write_bytes(projects.reaper(projects.reaper_vst2(STATE)))
    played = CliRunner().invoke(
        app,
        ["synth", "render", "vst2:amsynth_vst", str(project), "-o", str(sound), "--sr", "22050"],
    )
    assert played.exit_code == 0, played.output
    assert sound.stat().st_size > 20_000
