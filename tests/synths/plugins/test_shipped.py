"""Shipped descriptions and locks of plugins that are not at hand: found, consistent, forgiving."""

import logging
import re
from pathlib import Path

import numpy as np
import pytest

from patchwright.experiments.config import SynthConfig
from patchwright.synths import ParameterSpace, Preset
from patchwright.synths.notice import warn
from patchwright.synths.parameters import Parameter
from patchwright.synths.parameters.locks import read_lock, shipped_locks
from patchwright.synths.plugins import address
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.hosts.derive import PROBES, derive, slug
from patchwright.synths.plugins.hosts.table import find_host
from patchwright.synths.plugins.jobs import PluginSource
from patchwright.synths.plugins.spec import PluginSpec, read_spec
from patchwright.synths.presets.files import read_presets, write_preset
from tests.synths.damage import refusal

SPECS = Path(address.__file__).parents[1] / "shipped" / "specs"
PLUGINS = {
    "dexed": "Dexed",
    "diva": "Diva",
    "ob-xf": "OB-Xf",
    "serum": "Serum",
    "surge-xt": "Surge XT",
    "tal-noisemaker": "TAL-NoiseMaker",
    "tyrelln6": "TyrellN6",
}
LOCKS = [name for name in shipped_locks() if name.rpartition("-")[0] in PLUGINS]


def described(plugin, *, without=(), instead=()):
    """Return the parameters that a plugin would show, all plain, without some and with others."""
    names = read_spec(SPECS / f"{slug(plugin)}.yaml").parameters
    shown = [name for name in names if name not in without] + [*instead]
    return tuple(Parameter(name=name, kind="continuous", default=0.25) for name in shown)


def spec(plugin):
    path = SPECS / f"{slug(plugin)}.yaml"
    source = PluginSource(host=find_host("pedalboard"), plugin=None)
    entries = read_spec(path).parameters
    name = f"vst3:{plugin}"
    return PluginSpec(name=name, source=source, parameters=entries, origin=str(path), shipped=True)


def locked(space, lock):
    return SynthConfig(name="vst3:X", lock=lock).subspace(space)


# Found by the names of files


@pytest.mark.parametrize(
    ("address", "file", "found"),
    [
        ("vst3:Dexed", "Dexed.vst3", "dexed"),
        ("vst2:Dexed", "Dexed.so", "dexed"),
        ("vst3:Surge XT", "Surge XT.vst3", "surge_xt"),
        ("vst3:OB-Xf", "OB-Xf.vst3", "ob_xf"),
        ("vst2:Diva.64", "Diva.64.so", "diva"),
        ("vst3:Diva(x64)", "Diva(x64).vst3", "diva"),
        ("vst3:Serum", "Serum.vst3", "serum"),
        ("vst2:Serum_x64", "Serum_x64.so", "serum"),
        ("vst2:libTAL-NoiseMaker", "libTAL-NoiseMaker.so", "tal_noisemaker"),
        ("vst3:TyrellN6", "TyrellN6.vst3", "tyrelln6"),
        ("vst3:Serum2", "Serum2.vst3", None),
        ("vst3:Vital", "Vital.vst3", None),  # its names are not those of the synth vital
    ],
)
def test_a_plugin_finds_its_description(address, file, found, tmp_path, monkeypatch):
    (tmp_path / file).touch()
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(tmp_path))
    resolved = resolve(address)
    assert Path(resolved.origin).stem == (found or "")
    assert bool(resolved.parameters) == bool(found)
    own = tmp_path / "own.yaml"
    own.write_text("parameters: {}\n")
    assert resolved.shipped
    assert not resolve(address, spec=own).shipped


# Consistent


def test_every_plugin_has_three_locks():
    sizes = {name: [] for name in PLUGINS}
    for lock in LOCKS:
        name, _, size = lock.rpartition("-")
        sizes[name].append(int(size))
    for found in sizes.values():
        small, middle, large = sorted(found)
        assert (small, middle) == (16, 32)
        assert large > 50


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_frees_as_many_described_parameters_as_its_name_says(lock):
    name, _, size = lock.rpartition("-")
    plugin = PLUGINS[name]
    space = spec(plugin).refine(described(plugin))
    assert not space.absent
    subspace = locked(space, lock)
    assert len(subspace) == int(size)
    assert len(read_lock(lock)["free"]) == int(size)  # each by its whole name
    values = subspace.decode(subspace.sample(20, np.random.default_rng(0)))
    np.testing.assert_array_equal(subspace.decode(subspace.encode(values)), values)


@pytest.mark.parametrize("plugin", PLUGINS.values())
def test_a_description_tells_its_source_and_that_it_was_not_tried(plugin):
    path = SPECS / f"{slug(plugin)}.yaml"
    head = path.read_text(encoding="utf-8").split("parameters:")[0]
    assert re.search(r"Sources?: .*github\.com/\w", head, re.DOTALL)
    assert "Untried" in head
    names = read_spec(path).parameters
    assert all(name == slug(name) for name in names)
    aliases = [alias for entry in names.values() for alias in entry.aliases or ()]
    assert len({*aliases}) == len(aliases)
    assert not {*aliases} & {*names}


# Forgiving


@pytest.fixture
def warned(caplog):
    warn.cache_clear()
    caplog.set_level(logging.WARNING)
    return caplog


def test_a_renamed_parameter_is_told_and_the_rest_of_the_lock_serves(warned):
    newer = described("Serum", without=["fil_cutoff"], instead=["filter_1_cutoff"])
    space = spec("Serum").refine(newer, version="1.4.0")
    (sentence,) = [record.getMessage() for record in warned.records]
    assert "vst3:Serum 1.4.0 lacks 1 of the" in sentence
    assert "fil_cutoff" in sentence
    assert "patchwright synth lock" in sentence
    assert space.absent == {"fil_cutoff"}
    subspace = locked(space, "serum-16")
    assert len(subspace) == 15
    assert "filter_1_cutoff" not in subspace.names
    assert "matches no parameter" in refusal(space.lock, free=["fil_cutof"])  # a slip of the pen


def test_a_lock_that_has_lost_most_of_its_parameters_is_refused(warned):
    names = {parameter.name for parameter in described("Diva")}
    space = spec("Diva").refine(described("Diva", without=[n for n in names if n[:3] != "osc"]))
    (sentence,) = [record.getMessage() for record in warned.records]
    assert re.search(r"and \d+ more", sentence)
    message = refusal(locked, space, "diva-16")
    assert re.search(r"lacks \d+ of the 16 free parameters", message)
    assert "patchwright synth lock" in message


def test_another_host_or_version_may_use_an_alias(warned):
    gone = ["a_osc_1_shape", "a_osc_1_width_1"]
    modern = ["a_osc_1_sawtooth", "a_osc_1_pulse"]
    space = spec("Surge XT").refine(described("Surge XT", without=gone, instead=modern))
    assert not warned.records
    assert "a_osc_1_shape" in space.names
    assert space.index("a_osc_1_sawtooth") == space.index("a_osc_1_shape")
    assert len(locked(space, "surge-xt-16")) == 16
    assert len(space.lock(free=["a_osc_1_sawtooth"])) == 1


def test_a_file_of_ones_own_is_taken_at_its_word():
    own = PluginSpec(
        name="vst3:Serum",
        source=spec("Serum").source,
        parameters=spec("Serum").parameters,
        origin="own.yaml",
    )
    message = refusal(own.refine, described("Serum", without=["fil_cutoff"]))
    assert message.startswith("own.yaml: vst3:Serum has no parameter 'fil_cutoff': did you mean")


# Voices of the DX7 for Dexed, whose source tells the texts that it shows


def dexed() -> ParameterSpace:
    """Return Dexed's space, derived from the texts that it shows for its levels."""
    notes = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
    curves = ["-LN", "-EX", "+EX", "+LN"]
    texts = {
        "ALGORITHM": [str(i) for i in range(1, 33)],
        "FEEDBACK": [str(i) for i in range(8)],
        "LFO WAVE": ["TRIANGE", "SAW DOWN", "SAW UP", "SQUARE", "SINE", "S&HOLD"],
        "TRANSPOSE": [str(i - 24) for i in range(49)],
        "P MODE SENS.": [str(i) for i in range(8)],
    }
    for name in ("OSC KEY SYNC", "LFO KEY SYNC"):
        texts[name] = ["OFF", "ON"]
    for name in ("LFO SPEED", "LFO DELAY", "LFO PM DEPTH", "LFO AM DEPTH"):
        texts[name] = [str(i) for i in range(100)]
    for i in range(1, 5):
        for what in ("RATE", "LEVEL"):
            texts[f"PITCH EG {what} {i}"] = [str(n) for n in range(100)]
    for op in (f"OP{n}" for n in range(1, 7)):
        for what in ("OUTPUT LEVEL", "F FINE", "L SCALE DEPTH", "R SCALE DEPTH"):
            texts[f"{op} {what}"] = [str(i) for i in range(100)]
        for i in range(1, 5):
            for what in ("EG RATE", "EG LEVEL"):
                texts[f"{op} {what} {i}"] = [str(n) for n in range(100)]
        texts[f"{op} MODE"] = ["RATIO", "FIXED"]
        texts[f"{op} F COARSE"] = [str(i) for i in range(32)]
        texts[f"{op} OSC DETUNE"] = [str(i - 7) for i in range(15)]
        texts[f"{op} BREAK POINT"] = [f"{notes[i % 12]}{(i + 9) // 12 - 1}" for i in range(100)]
        texts[f"{op} L KEY SCALE"] = texts[f"{op} R KEY SCALE"] = curves
        texts[f"{op} RATE SCALING"] = texts[f"{op} KEY VELOCITY"] = [str(i) for i in range(8)]
        texts[f"{op} A MOD SENS."] = [str(i) for i in range(4)]
        texts[f"{op} SWITCH"] = [f"{op} SWITCH OFF", f"{op} SWITCH ON"]
    plain = [
        Parameter(name=slug(name), kind="continuous", default=1.0, aliases=(name,))
        for name in ("Cutoff", "Resonance", "Output", "MASTER TUNE ADJ")
    ]
    shown = [
        derive(
            slug(name),
            [levels[round(probe * (len(levels) - 1))] for probe in PROBES.tolist()],
            default=0.0,
            alias=name,
        )
        for name, levels in texts.items()
    ]
    return spec("Dexed").refine((*plain, *shown))


class Stand:
    """A synth in name only, with Dexed's parameters."""

    name, batch, suffix, version = "vst3:Dexed", 1, None, ""
    space = None


@pytest.fixture(scope="module")
def stand():
    synth = Stand()
    synth.space = dexed()
    return synth


# where Dexed keeps the number of each parameter among the 155 bytes of a voice, and the highest
OFFSETS = {
    "ALGORITHM": (134, 31),
    "FEEDBACK": (135, 7),
    "OSC KEY SYNC": (136, 1),
    "LFO SPEED": (137, 99),
    "LFO DELAY": (138, 99),
    "LFO PM DEPTH": (139, 99),
    "LFO AM DEPTH": (140, 99),
    "LFO KEY SYNC": (141, 1),
    "LFO WAVE": (142, 5),
    "P MODE SENS.": (143, 7),
    "TRANSPOSE": (144, 48),
    **{f"PITCH EG RATE {i + 1}": (126 + i, 99) for i in range(4)},
    **{f"PITCH EG LEVEL {i + 1}": (130 + i, 99) for i in range(4)},
}
for op in range(1, 7):
    at = (6 - op) * 21
    OFFSETS |= {f"OP{op} EG RATE {i + 1}": (at + i, 99) for i in range(4)}
    OFFSETS |= {f"OP{op} EG LEVEL {i + 1}": (at + 4 + i, 99) for i in range(4)}
    rest = {
        "BREAK POINT": 99,
        "L SCALE DEPTH": 99,
        "R SCALE DEPTH": 99,
        "L KEY SCALE": 3,
        "R KEY SCALE": 3,
        "RATE SCALING": 7,
        "A MOD SENS.": 3,
        "KEY VELOCITY": 7,
        "OUTPUT LEVEL": 99,
        "MODE": 1,
        "F COARSE": 31,
        "F FINE": 99,
        "OSC DETUNE": 14,
    }
    OFFSETS |= {f"OP{op} {name}": (at + 8 + i, most) for i, (name, most) in enumerate(rest.items())}


def test_every_number_of_a_voice_is_a_parameter_of_dexed(stand):
    assert not stand.space.absent
    assert len({stand.space.index(slug(name)) for name in OFFSETS}) == 145


def test_a_voice_becomes_the_levels_that_dexed_sets(stand, tmp_path):
    rng = np.random.default_rng(7)
    voice = bytearray(155)
    for place, most in OFFSETS.values():
        voice[place] = rng.integers(most + 1)
    voice[145:] = b"TEST VOICE"
    head = bytes([0xF0, 0x43, 0, 0, 1, 27])
    message = head + bytes(voice) + bytes([-sum(voice) % 128, 0xF7])
    (tmp_path / "one.syx").write_bytes(message)
    (preset,) = read_presets(tmp_path / "one.syx", stand)
    assert preset.name == "TEST VOICE"
    for name, (place, most) in OFFSETS.items():  # Dexed sets round(value * most)
        value = preset.values[stand.space.index(slug(name))]
        assert value * most == pytest.approx(voice[place]), name


def test_a_preset_of_dexed_is_written_as_a_voice(stand, tmp_path):
    values = stand.space.sample(1, np.random.default_rng(3))[0]
    write_preset(tmp_path / "one.syx", Preset("MINE", stand.name, values), stand)
    (again,) = read_presets(tmp_path / "one.syx", stand)
    assert again.name == "MINE"
    places = [stand.space.index(slug(name)) for name in OFFSETS]
    np.testing.assert_allclose(again.values[places], values[places], atol=1e-6)
