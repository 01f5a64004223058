"""Files in the current folder that are named like modules: no process that is started runs them."""

import os
import sys
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from patchwright.experiments.cluster.connection import start_local
from patchwright.experiments.suite.processes import in_processes
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.diagnosis import _missing
from patchwright.synths.plugins.hosts.table import HOSTS
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.process import PluginProcess
from tests.needs import need_package
from tests.synths.plugins.sine_host import SINE
from tests.synths.readme import README

INSTALLED = ["numpy", "scipy", "joblib", "distributed", "patchwright", "torch", "sitecustomize"]
PATH = "__import__('sys').path"


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """File with the names of the modules of the current folder that were run."""
    file = tmp_path / "ran.txt"
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in {*sys.stdlib_module_names, *INSTALLED} - {"__future__"}:
        trap = f"open({str(file)!r}, 'a').write({name!r} + ' ')\nraise ImportError(__file__)\n"
        (folder / f"{name}.py").write_text(trap)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONSAFEPATH", "")  # set below, and restored after the test
    file.write_text("")
    return file


def test_a_plugin_process(ran, monkeypatch):
    monkeypatch.setitem(HOSTS, SINE.name, SINE)
    monkeypatch.setenv("PYTHONPATH", str(README.parents[1]))  # has the host
    PluginProcess(resolve("sine").source, Policy.fork).close()
    assert ran.read_text() == ""


def test_the_process_that_looks_for_the_reason(ran, tmp_path):
    plugin = tmp_path / "plugin.so"
    plugin.write_bytes(b"")
    assert "does not load" in _missing(plugin, plugin)
    assert ran.read_text() == ""


def test_workers_of_joblib(ran, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONSAFEPATH", "1")
        get_reusable_executor().shutdown(wait=True)  # workers of earlier tests
    paths = list(in_processes(eval, [PATH] * 2, workers=2))
    get_reusable_executor().shutdown(wait=True)
    assert ran.read_text() == ""
    assert not {"", str(Path.cwd())} & {*paths[0], *paths[1]}


def test_workers_of_dask(ran):
    need_package("distributed", "dask")
    with start_local(1) as client:
        path = client.submit(eval, PATH).result()
    assert ran.read_text() == ""
    assert not {"", str(Path.cwd())} & {*path}


def test_processes_that_a_command_starts(patchwright):
    assert patchwright("optimizers")[0] == 0
    assert os.environ["PYTHONSAFEPATH"] == "1"
