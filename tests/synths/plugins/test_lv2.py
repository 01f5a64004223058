"""LV2 plugins: found by name in their bundles, and played with the same bits by forks."""

import shutil
import subprocess

import numpy as np
import pytest

from patchwright.synths import Note, Performance, Preset, Status
from patchwright.synths.plugins.address import installed, is_plugin, resolve
from patchwright.synths.plugins.hosts.lv2_bundle import plugins_in
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets.places import places
from tests.needs import missing, need_package
from tests.sizes import long
from tests.synths.damage import refusal

SR = 22_050
NOTE = Performance(notes=(Note(pitch=57, duration=0.1),), length=0.2, sr=SR)
ONE = """
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
<http://example.org/synths/Brass> a lv2:Plugin ; lv2:binary <brass.so> .
"""
TWO = ONE + "<urn:example:plugins:Bass> a lv2:Plugin ; lv2:binary <bass.so> ."


def bundle(folder, name, manifest):
    path = folder / f"{name}.lv2"
    path.mkdir(parents=True)
    (path / "manifest.ttl").write_text(manifest)
    return path


@pytest.fixture(scope="module")
def jx10():
    need_package("minihost", "lv2")
    if "lv2:JX10" not in installed():
        missing("the LV2 plugins of mda are missing: install Debian's package mda-lv2")
    with RenderPool(resolve("lv2:JX10")) as pool:
        yield pool


def test_plugins_of_a_bundle_have_the_names_of_their_uris(tmp_path):
    need_package("rdflib", "lv2")
    assert plugins_in(bundle(tmp_path, "two", TWO)) == {
        "Brass": {"uri": "http://example.org/synths/Brass"},
        "Bass": {"uri": "urn:example:plugins:Bass"},
    }
    assert plugins_in(bundle(tmp_path, "one", ONE)) == {
        "one": {"uri": "http://example.org/synths/Brass"}
    }
    for number, spoilt in enumerate(("@prefix <", "<a", "<a>\n<", '<urn:a:b> #<"', "_:b [", "\0")):
        assert plugins_in(bundle(tmp_path, f"spoilt{number}", spoilt)) == {}
    assert plugins_in(bundle(tmp_path, "huge", ONE + "# " * 2**20)) == {}
    assert plugins_in(tmp_path / "nowhere.lv2") == {}


def test_a_bundle_of_several_is_no_plugin_by_itself(tmp_path, monkeypatch):
    need_package("rdflib", "lv2")
    path = bundle(tmp_path, "two", TWO)
    message = refusal(resolve, str(path))
    assert "2 plugins" in message
    assert "Bass, Brass" in message or "Brass, Bass" in message
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(tmp_path))
    assert is_plugin("lv2:Bass")
    assert {"lv2:Bass", "lv2:Brass"} <= set(installed())
    assert resolve("lv2:Bass").source.options == {"uri": "urn:example:plugins:Bass"}
    assert resolve("lv2:Bass").fingerprint != resolve("lv2:Brass").fingerprint
    assert "did you mean 'Bass'?" in refusal(resolve, "lv2:Bas")


def test_renders_have_the_same_bits_whatever_came_before(jx10):
    rows = jx10.space.sample(6, np.random.default_rng(0))
    first = jx10.render(rows, NOTE)
    assert (first.status == Status.ok).all()
    assert first.audio.shape == (6, 2, NOTE.samples)
    assert np.array_equal(jx10.render(rows[::-1], NOTE).audio[::-1], first.audio)


def test_notes_begin_where_they_are_written(jx10):
    late = Performance(notes=(Note(pitch=60, onset=0.15, duration=0.1),), length=0.4, sr=SR)
    (audio,) = jx10.render(jx10.space.defaults[np.newaxis], late).audio
    start = round(0.15 * SR)
    assert np.abs(audio[:, : start - 50]).max() < 1e-4
    assert np.abs(audio[:, start : start + SR // 20]).max() > 1e-3


def test_values_are_read_back(jx10):
    rows = jx10.space.snap(jx10.space.sample(4, np.random.default_rng(1)))
    np.testing.assert_allclose(jx10.read_back(rows), rows, atol=1e-6)


def test_an_effect_is_no_instrument(jx10):
    assert "is an effect" in refusal(RenderPool, resolve("lv2:Ambience"))


def test_a_saved_preset_gives_the_values_again(jx10):
    rows = jx10.space.snap(jx10.space.sample(3, np.random.default_rng(2)))
    assert jx10.suffix == ".ttl"
    for row in rows:
        state = jx10.save_state(row)
        np.testing.assert_allclose(jx10.load_state(state), row, atol=1e-6)
    with RenderPool(jx10.spec.with_state(state)) as started:
        np.testing.assert_allclose(started.space.defaults, rows[-1], atol=1e-6)
        assert np.array_equal(started.load_state(state), jx10.load_state(state))


def test_a_preset_of_another_plugin_is_refused(jx10):
    state = jx10.save_state(jx10.space.defaults)
    assert "is for" in refusal(jx10.load_state, state.replace(b"mda/JX10>", b"mda/DX10>"))
    assert "damaged" in refusal(jx10.load_state, state[: len(state) // 2])


def test_an_installed_preset_is_a_program_of_the_plugin(jx10, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    row = jx10.space.snap(jx10.space.sample(1, np.random.default_rng(3)))[0]
    (listed,) = places(Preset("Ünser Pad", jx10.name, row), jx10, tags=["warm"])
    for path, data in listed.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with RenderPool(resolve("lv2:JX10")) as pool:
        (found,) = [each for each in pool.programs() if each.name == "Ünser Pad"]
    np.testing.assert_allclose(found.values, row, atol=1e-6)


@long
def test_lilvs_own_program_lists_an_installed_preset(jx10, tmp_path, monkeypatch):
    if shutil.which("lv2info") is None:
        pytest.skip("lv2info is missing: install Debian's package lilv-utils")
    monkeypatch.setenv("HOME", str(tmp_path))
    preset = Preset("Ünser Pad", jx10.name, jx10.space.defaults)
    for path, data in places(preset, jx10)[0].files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = ["lv2info", jx10.spec.source.options["uri"]]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Ünser Pad" in shown.partition("Presets:")[2]
