"""Addresses, and the plugins that they name."""

import sys
from pathlib import Path

import pytest

from patchwright.synths.plugins import address as addresses
from patchwright.synths.plugins.address import installed, is_plugin, resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.damage import refusal
from tests.synths.sample_plugins import NOTE, need_amsynth, need_package


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two empty folders for plugins, instead of the user's."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", f"{first}:{second}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return first, second


@pytest.fixture
def bundle(fault_synth, folders):
    """The fault synth in the second folder, one folder down."""
    place = folders[1] / "Patchwright" / "FaultSynth.vst3"
    place.parent.mkdir()
    place.symlink_to(fault_synth, target_is_directory=True)
    return place


def test_vital_needs_no_file():
    spec = resolve("vital")
    assert (spec.name, spec.source.host.name, spec.source.plugin) == ("vital", "vita", None)
    assert spec.source.options["basic_shapes"] is True
    assert spec.parameters["osc_1_level"].prior.low == 0.2
    assert spec.origin.endswith("vital.yaml")


def test_a_vst2_plugin_by_its_name_is_loaded():
    need_amsynth()
    spec = resolve("vst2:amsynth_vst")
    assert (spec.name, spec.source.host.name) == ("vst2:amsynth_vst", "dawdreamer")
    assert spec.source.plugin.name == "amsynth_vst.so"
    assert "filter_cutoff" in spec.parameters
    with RenderPool(spec) as pool:
        assert pool.space["filter_type"].choices[0] == "lowpass"


@pytest.mark.parametrize("prefix", ["", "vst3:"])
def test_a_path_with_and_without_its_format_is_loaded(prefix, fault_synth):
    spec = resolve(f"{prefix}{fault_synth}")
    assert spec.name == f"vst3:{fault_synth}"
    assert spec.source.host.name == "pedalboard"
    assert spec.source.plugin == fault_synth.resolve()
    assert (spec.parameters, spec.origin) == ({}, "")
    with RenderPool(spec) as pool:
        assert "brightness" in pool.space.names
        assert pool.render(pool.space.defaults[None], NOTE).audio.any()


def test_a_path_may_be_relative_and_in_the_home_folder(bundle, monkeypatch):
    monkeypatch.chdir(bundle.parent)
    for address in ("FaultSynth.vst3", "./FaultSynth.vst3", "vst3:FaultSynth.vst3"):
        assert resolve(address).source.plugin == bundle.resolve()
    monkeypatch.setenv("HOME", str(bundle.parent))
    assert resolve("~/FaultSynth.vst3").source.plugin == bundle.resolve()


def test_a_name_is_found_in_the_folders_of_the_environment(bundle):
    assert resolve("vst3:FaultSynth").source.plugin == bundle
    assert "vst3:FaultSynth" in installed()


def test_the_first_folder_counts_and_a_name_is_listed_once(bundle, folders):
    before = resolve("vst3:FaultSynth").source.plugin
    nearer = folders[0] / "FaultSynth.vst3"
    nearer.mkdir()
    assert before == bundle
    assert resolve("vst3:FaultSynth").source.plugin == nearer
    assert installed().count("vst3:FaultSynth") == 1


def test_the_own_folders_come_before_the_systems(folders):
    need_amsynth()
    system = resolve("vst2:amsynth_vst").source.plugin
    own = folders[1] / "amsynth_vst.so"
    own.symlink_to(system)
    assert resolve("vst2:amsynth_vst").source.plugin == own
    assert installed() == sorted({*installed()})


def test_the_binary_inside_a_bundle_is_no_plugin(bundle):
    assert not [address for address in installed() if address.startswith("vst2:Fault")]


def test_another_host_may_be_named(fault_synth):
    assert resolve(str(fault_synth), host="dawdreamer").source.host.name == "dawdreamer"
    need_package("dawdreamer", "dawdreamer")
    with RenderPool(resolve(str(fault_synth), host="dawdreamer")) as pool:
        assert pool.suffix is None
        assert pool.space["brightness"].default == pytest.approx(0.5, abs=1e-6)


def test_a_spec_and_a_state_of_ones_own(fault_synth, tmp_path):
    (tmp_path / "spec.yaml").write_text("parameters: {level: {about: how loud}}\n")
    (tmp_path / "state.vstpreset").write_bytes(b"VST3 and so on")
    spec = resolve(
        str(fault_synth), spec=tmp_path / "spec.yaml", state=tmp_path / "state.vstpreset"
    )
    assert spec.parameters["level"].about == "how loud"
    assert spec.source.state == b"VST3 and so on"
    assert spec.with_state(b"other").source.state == b"other"
    assert spec.source_at(8_000).sr == 8_000


def test_the_fingerprint_tells_plugins_states_and_specs_apart(fault_synth, tmp_path):
    (tmp_path / "spec.yaml").write_text("parameters: {level: {prior: {low: 0.5}}}\n")
    plain = resolve(str(fault_synth))
    others = (
        resolve(str(fault_synth), spec=tmp_path / "spec.yaml"),
        plain.with_state(b"x"),
        resolve("vital"),
    )
    assert plain.fingerprint == resolve(f"vst3:{fault_synth}").fingerprint
    assert len({plain.fingerprint, *(other.fingerprint for other in others)}) == 4


@pytest.mark.parametrize(
    ("address", "plugin"),
    [
        ("vital", True),
        ("vst2:amsynth_vst", True),
        ("vst3:Anything", True),
        ("au:Anything", True),
        ("/nowhere/synth.vst3", True),
        ("nowhere.so", True),
        ("folder/notes.txt", True),
        ("subtractive", False),
        ("fm", False),
        ("vst4:name", False),
    ],
)
def test_plugins_are_distinguished_from_built_in_synths(address, plugin):
    assert is_plugin(address) is plugin


# What is refused


def test_an_unknown_name_is_refused_with_the_folders_and_the_nearest_name(bundle, folders):
    message = refusal(resolve, "vst3:FalutSynth")
    assert message.startswith("There is no vst3 plugin 'FalutSynth' in ")
    assert f"{folders[0]}, {folders[1]}, " in message
    assert message.endswith("in PATCHWRIGHT_PLUGINS; did you mean 'FaultSynth'?")


def test_an_unknown_name_where_nothing_is_installed(folders, monkeypatch):
    monkeypatch.setattr(addresses, "_candidates", lambda _: [])
    message = refusal(resolve, "vst3:Moog")
    assert message.endswith("PATCHWRIGHT_PLUGINS.")


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has Audio Units")
def test_a_format_that_the_platform_lacks(folders):
    message = refusal(resolve, "au:Moog")
    assert message.startswith("There are no au plugins on this platform: write vital, vst3:NAME, ")


@pytest.mark.parametrize(
    ("address", "host", "able"),
    [
        ("FaultSynth.vst3", "vita", "pedalboard or dawdreamer"),
        ("vital", "dawdreamer", "vita"),
        ("vst3:FaultSynth", "vita", "pedalboard or dawdreamer"),
    ],
)
def test_a_host_that_cannot_play_the_plugin(address, host, able, bundle, monkeypatch):
    monkeypatch.chdir(bundle.parent)
    message = refusal(resolve, address, host=host)
    assert message.startswith(f"The host {host} cannot play ")
    assert message.endswith(f": use {able}.")


@pytest.mark.parametrize("address", ["/nowhere/synth.vst3", "vst2:/nowhere/synth.so", "./a.vst3"])
def test_a_missing_path(address):
    path = Path(address.removeprefix("vst2:"))
    assert f"no plugin {path}: " in refusal(resolve, address)


def test_a_file_that_is_no_plugin(tmp_path):
    (tmp_path / "notes.txt").write_text("C4")
    message = refusal(resolve, str(tmp_path / "notes.txt"))
    assert message.startswith(f"{tmp_path / 'notes.txt'} is not a plugin: name a .vst3 or ")


@pytest.mark.parametrize("address", ["amsynth", "vst4:amsynth", ""])
def test_what_is_no_address(address):
    message = refusal(resolve, address)
    assert message.startswith(f"{address!r} is not a plugin: write ")
    assert "vst2:NAME" in message


def test_an_unknown_host():
    message = refusal(resolve, "vital", host="dawdremer")
    assert "'dawdremer': did you mean 'dawdreamer'?" in message


def test_a_missing_spec_or_state(fault_synth, tmp_path):
    for key in ("spec", "state"):
        message = refusal(resolve, str(fault_synth), **{key: tmp_path / "nowhere"})
        assert message.startswith(f"{tmp_path / 'nowhere'} cannot be read")
