"""A host is added by one module and one row, as the recipe in synths/README.md says."""

import numpy as np
import pytest

from patchwright import match
from patchwright.experiments.cli.synth import synths_command
from patchwright.synths import SynthError
from patchwright.synths.plugins.address import is_plugin, resolve
from patchwright.synths.plugins.hosts.host import open_host
from patchwright.synths.plugins.hosts.table import HOSTS, HostEntry, address_forms, hosts_of
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.qualify import qualify
from patchwright.synths.presets.files import read_preset
from tests.synths.damage import refusal
from tests.synths.plugins.sine_host import SINE
from tests.synths.readme import README
from tests.synths.sample_plugins import NOTE


@pytest.fixture(autouse=True)
def _row(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(README.parents[1]))  # plugin processes import the host
    monkeypatch.setitem(HOSTS, SINE.name, SINE)


def rows(pool, n=12):
    return pool.space.sample(n, np.random.default_rng(0))


def test_without_the_row_there_is_no_such_synth(monkeypatch):
    assert is_plugin("sine")
    monkeypatch.delitem(HOSTS, SINE.name)
    assert not is_plugin("sine")
    assert refusal(resolve, "sine").startswith("'sine' is not a plugin: write vital, ")


def test_a_fork_gives_the_bits_of_a_new_process_in_any_order():
    with RenderPool(resolve("sine"), workers=2) as forked:
        assert forked.policy is Policy.fork
        values = rows(forked)
        audio = forked.render(values, NOTE).audio
        again = forked.render(values[::-1], NOTE).audio[::-1]
    with RenderPool(resolve("sine"), policy=Policy.respawn) as respawned:
        fresh = respawned.render(values[:3], NOTE).audio
    with RenderPool(resolve("sine"), policy=Policy.none) as carried:
        other = carried.render(values, NOTE).audio
    assert np.array_equal(audio, again)
    assert np.array_equal(audio[:3], fresh)
    assert not np.array_equal(audio, other)  # the state that the fork protects from is there


def test_qualify_finds_the_policies_that_repeat():
    verdict, _ = qualify(resolve("sine"), {}, presets=4)
    exact = {trial.policy for trial in verdict.trials if trial.exact}
    assert exact == {Policy.reinstantiate, Policy.fork, Policy.respawn}
    assert verdict.repeats


def test_its_preset_files_are_read(tmp_path):
    with RenderPool(resolve("sine")) as pool:
        values = rows(pool, 1)[0]
        (tmp_path / "one.sine").write_bytes(pool.save_state(values))
        assert read_preset(tmp_path / "one.sine", pool).values.tolist() == values.tolist()


def test_it_is_listed_with_its_help(capsys):
    synths_command()
    shown = capsys.readouterr().out
    assert "sine: played by the host sine" in shown
    assert "Sine tones" in shown
    assert "sine" in address_forms()


def test_a_match_with_it_ends_with_its_own_preset_file(tmp_path):
    found = match(
        {"random": 1, "duration": 0.1, "length": 0.2},
        synth="sine",
        out=tmp_path / "run",
        search={"renders": 60, "calibration": 20},
    )
    assert found.folder.joinpath("best.sine").is_file()
    assert len(list(found.folder.glob("evaluations/*.parquet"))) > 1


# What is refused


def test_a_row_whose_module_is_missing():
    entry = HostEntry(name="none", module="tests.nowhere", class_name="Host", about="None")
    assert "no module tests.nowhere" in refusal(open_host, entry, None, sr=44_100)


def test_a_package_that_is_missing_is_named_with_its_installation():
    entry = HostEntry(name="x", module="x", class_name="X", about="X", package="no-such", extra="x")
    assert not entry.is_installed
    with pytest.raises(SynthError, match=r"pip install 'patchwright\[x\]'"):
        open_host(entry, None, sr=44_100)


def test_every_format_has_a_default_host_and_every_host_a_format_or_a_synth():
    for host in HOSTS.values():
        assert bool(host.formats) != bool(host.synth)
        assert all(hosts_of(plugin_format) for plugin_format in host.formats)
