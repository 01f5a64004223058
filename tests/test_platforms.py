"""All but plugins works without the calls that macOS or Windows lack, and without GPL hosts."""

import os
import subprocess
import sys

import pytest

from patchwright.synths.plugins import platform
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.damage import refusal

# Python runs this at the start of a process and of its child processes
TAKEN_AWAY = """
import os, signal, sys
CALLS = {
    os: ("fork", "forkpty", "getuid", "memfd_create"),
    signal: (
        "SIGALRM", "SIGHUP", "SIGKILL", "SIG_BLOCK", "SIG_SETMASK", "ITIMER_REAL", "alarm",
        "pthread_sigmask", "setitimer",
    ),
}
for module, names in CALLS.items():
    for name in names:
        if hasattr(module, name) and name not in os.environ.get("KEPT", "").split():
            delattr(module, name)
sys.modules["fcntl"] = sys.modules["resource"] = None
if "pedalboard" not in os.environ.get("KEPT", "").split():
    for name in ("pedalboard", "dawdreamer", "minihost", "vita"):
        sys.modules[name] = None
"""

MATCH = """
import sys
from pathlib import Path
from patchwright import match
found = match(
    {"random": 0, "duration": 0.2, "length": 0.3},
    out=sys.argv[1],
    synth="subtractive",
    search={"renders": 60, "calibration": 20},
)
assert found.summary.renders == 60, found.summary
assert "<audio" in Path(found.report).read_text(encoding="utf-8")

from patchwright.experiments.dashboard.dashboard import Dashboard
with Dashboard(Path(sys.argv[1]), port=0) as dashboard:
    print(dashboard.address)
"""

# walking through `patchwright` finds no folder, because they are mapped into it from outside
IMPORTS = """
import importlib
import pkgutil
import sys
LEFT_OUT = (
    "patchwright.synths.plugins.hosts.",  # each loads a plugin host
    "patchwright.experiments.database.migrations.",  # run by Alembic alone
)
OPTIONAL = {
    *("dask", "distributed", "kymatio", "onnxruntime", "ribs", "starlette", "transformers"),
    "uvicorn",
}
count = 0
for folder in ("synths", "objectives", "search", "surrogates", "experiments"):
    package = importlib.import_module(f"patchwright.{folder}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.startswith(LEFT_OUT) or module.name.endswith(".__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name not in OPTIONAL:
                raise
        count += 1
HOSTS = ("dawdreamer", "minihost", "pedalboard", "vita")
print(count, *(name for name in HOSTS if sys.modules.get(name)))
"""

PLUGIN = """
import sys
import numpy as np
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import NOTE, healthy
with RenderPool(resolve(sys.argv[1])) as pool:
    renders = pool.render(healthy(pool.space, 2), NOTE)
    print(pool.policy, renders.status.tolist(), np.abs(renders.audio).max() > 0.01)
"""

SUITE = """
import sys
from pathlib import Path
from patchwright.experiments.suite.processes import in_processes
if __name__ == "__main__":
    print(*sorted(in_processes(abs, [-3, -1, -2], workers=2)))
"""


@pytest.fixture
def without(tmp_path):
    """Return a function that runs Python code without those calls and returns its output."""
    (tmp_path / "sitecustomize.py").write_text(TAKEN_AWAY)

    def run(code, *arguments, kept=""):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1", "KEPT": kept},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_the_calls_are_really_taken_away(without):
    message = without(
        "import os, signal, sys; print(hasattr(os, 'fork'), hasattr(signal, 'SIGKILL'))"
    )
    assert message == "False False"
    with pytest.raises(AssertionError, match="ModuleNotFoundError"):
        without("import resource")


def test_a_match_its_report_and_the_dashboard(without, tmp_path):
    assert without(MATCH, tmp_path / "run").startswith("http://127.0.0.1:")


def test_every_module_is_imported_and_none_loads_a_plugin_host(without):
    count, *hosts = without(IMPORTS, kept="pedalboard").split()
    assert int(count) > 250
    assert hosts == []


def test_work_in_processes(without):
    assert without(SUITE) == "1 2 3"


def test_a_plugin_is_played_in_new_processes(without, fault_synth):
    # on Linux the standard library needs SIGKILL to end processes
    assert without(PLUGIN, fault_synth, kept="SIGKILL pedalboard") == "respawn [0, 0] True"


# What is refused


def test_the_policy_fork_without_fork(fault_synth, monkeypatch):
    monkeypatch.delattr(os, "fork")
    message = refusal(RenderPool, resolve(str(fault_synth)), policy=Policy.fork)
    assert "'respawn'" in message


def test_plugins_on_windows(fault_synth, monkeypatch):
    monkeypatch.setattr(platform, "can_pass_descriptors", lambda: False)
    message = refusal(RenderPool, resolve(str(fault_synth)))
    assert "Windows" in message
    assert "choose a built-in synth" in message
