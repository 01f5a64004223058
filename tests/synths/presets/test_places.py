"""Presets where programs list them: paths of each system, and files that are read back."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import platformdirs
import pytest

from patchwright.synths import Preset
from patchwright.synths.builtin import FM, Subtractive
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import dx7, vstpreset
from patchwright.synths.presets import places as module
from patchwright.synths.presets.files import read_preset
from patchwright.synths.presets.places import places
from tests.needs import missing, need_package
from tests.synths.damage import refusal
from tests.synths.sample_plugins import healthy, need_amsynth


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def vst3(fault_synth):
    with RenderPool(resolve(str(fault_synth))) as pool:
        yield pool


def written(listed):
    for path, data in listed.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return listed


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", ".vst3/presets"),
        ("darwin", "Library/Audio/Presets"),
        ("win32", "Documents/VST3 Presets"),
    ],
)
def test_vst3_presets_lie_in_steinbergs_folders(system, folder, home, vst3, monkeypatch):
    monkeypatch.setattr(module, "sys", SimpleNamespace(platform=system))
    monkeypatch.setattr(platformdirs, "user_documents_path", lambda: home / "Documents")
    (listed,) = places(Preset("Pad: warm?", vst3.name, vst3.space.defaults), vst3)
    own = home / folder / "Patchwright" / "Patchwright Fault Synth"
    assert [*listed.files] == [own / "Pad_ warm_.vstpreset"]


def test_a_vst3_preset_is_read_back_with_its_tags(home, vst3):
    (row,) = healthy(vst3.space, 1)
    (listed,) = places(Preset("Pad", vst3.name, row), vst3, tags=["warm", "<&>"])
    ((path, data),) = written(listed).files.items()
    found = read_preset(path, vst3).values
    kept = np.array([name != "unused" for name in vst3.space.names])
    np.testing.assert_allclose(found[kept], row[kept], rtol=0, atol=1e-6)
    info = ElementTree.fromstring(vstpreset.decode(data).info)  # noqa: S314 - our own
    said = {each.get("id"): each.get("value") for each in info}
    assert said["PlugInVendor"] == "Patchwright"
    assert said["MusicalCharacter"] == "warm|<&>"


def test_a_name_that_is_taken_gets_a_number(home):
    with FM() as synth:
        preset = Preset("Brass", "fm", synth.space.defaults)
        names = [next(iter(written(places(preset, synth)[0]).files)).name for _ in range(3)]
    assert names == ["Brass.syx", "Brass 2.syx", "Brass 3.syx"]


def test_dexed_lists_a_cartridge_of_32_voices(home):
    with FM() as synth:
        settings = {"algorithm": "22", "op1_output": 61}
        preset = Preset("A long name of brass", "fm", synth.space.values([settings])[0])
        (listed,) = places(preset, synth)
    ((path, data),) = listed.files.items()
    assert path.parent == home / ".local/share/DigitalSuburban/Dexed/Cartridges"
    voices = dx7.decode(data)
    assert len(data) == 4104
    assert [name for name, _ in voices[:2]] == ["A long nam", "INIT VOICE"]
    assert (voices[0][1]["algorithm"], voices[0][1]["op1_output"]) == ("22", 61)


def test_a_vital_preset_lies_in_the_users_folder(home):
    need_package("vita", "vital")
    with RenderPool(resolve("vital")) as pool:
        row = pool.space.sample(1, np.random.default_rng(0))[0]
        (listed,) = places(Preset("Flöte", "vital", row), pool, tags=["warm"])
        ((path, _),) = written(listed).files.items()
        assert path == home / ".local/share/vital/User/Presets/Flöte.vital"
        np.testing.assert_allclose(read_preset(path, pool).values, row, atol=1e-6)


# amsynth's plugin for DSSI lists its banks, first the user's: argv is the plugin
DSSI = """
import ctypes, sys

Pointer = ctypes.c_void_p
Number = ctypes.c_ulong


class Program(ctypes.Structure):
    _fields_ = [("bank", Number), ("program", Number), ("name", ctypes.c_char_p)]


class Ladspa(ctypes.Structure):
    _fields_ = [
        ("id", Number), ("label", Pointer), ("properties", ctypes.c_int),
        *((f"text{i}", Pointer) for i in range(3)),
        ("ports", Number), *((f"port{i}", Pointer) for i in range(3)), ("data", Pointer),
        ("instantiate", ctypes.CFUNCTYPE(Pointer, Pointer, Number)),
    ]


class Dssi(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_int), ("ladspa", ctypes.POINTER(Ladspa)), ("configure", Pointer),
        ("get_program", ctypes.CFUNCTYPE(ctypes.POINTER(Program), Pointer, Number)),
    ]


library = ctypes.CDLL(sys.argv[1])
library.dssi_descriptor.restype = ctypes.POINTER(Dssi)
plugin = library.dssi_descriptor(Number(0)).contents
instance = plugin.ladspa.contents.instantiate(ctypes.cast(plugin.ladspa, Pointer), 44100)
number = 0
while program := plugin.get_program(instance, number):
    print(program.contents.name.decode())
    number += 1
"""


def test_amsynth_itself_lists_an_installed_bank(home):
    need_amsynth()
    dssi = Path("/usr/lib/dssi/amsynth_dssi.so")
    if not dssi.exists():
        missing("amsynth's plugin for DSSI is missing: install Debian's package amsynth")
    with RenderPool(resolve("vst2:amsynth_vst")) as pool:
        row = pool.space.sample(1, np.random.default_rng(0))[0]
        (listed,) = places(Preset("Unser Blech", pool.name, row), pool)
        ((path, _),) = written(listed).files.items()
        found = read_preset(path, pool).values
    np.testing.assert_allclose(found, row, atol=1e-6)
    shown = subprocess.run(
        [sys.executable, "-c", DSSI, dssi], capture_output=True, text=True, check=True
    ).stdout
    assert shown.splitlines()[0] == "Unser Blech"


def test_a_synth_without_a_list_of_presets_says_so(home):
    with Subtractive() as synth:
        preset = Preset("x", synth.name, synth.space.defaults)
        assert "best.json" in refusal(places, preset, synth)
    assert not any(Path(home).iterdir())
