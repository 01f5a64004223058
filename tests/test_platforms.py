"""Everything works without the calls that Windows lacks, and all but plugins without GPL hosts."""

import json
import os
import subprocess
import sys

import pytest

from patchwright.synths import Status
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from tests.sizes import long, size
from tests.synths.damage import refusal
from tests.synths.sample_plugins import FAULTS, need_amsynth

# Python runs this at the start of a process and of its child processes
TAKEN_AWAY = """
import os, select, signal, socket, sys
CALLS = {
    os: (
        "fork", "forkpty", "getuid", "killpg", "getpgid", "setpgid", "setsid",
        "memfd_create", "mkfifo", "pwrite", "pread", "sched_getaffinity", "sched_setaffinity",
        "setpriority", "getpriority",
    ),
    select: ("poll", "epoll"),
    signal: (
        "SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE",
        "SIG_BLOCK", "SIG_SETMASK", "ITIMER_REAL", "alarm", "pthread_sigmask", "setitimer",
    ),
    socket: ("AF_UNIX", "send_fds", "recv_fds"),
}
for module, names in CALLS.items():
    for name in names:
        if hasattr(module, name) and name not in os.environ.get("KEPT", "").split():
            delattr(module, name)
sys.modules["fcntl"] = sys.modules["resource"] = None
for name in ("pedalboard", "dawdreamer", "minihost", "vita"):
    if name not in os.environ.get("KEPT", "").split():
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
assert 'data-sound="best"' in Path(found.report).read_text(encoding="utf-8")

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

# the same bits before and after a crash and a hang, which the parent ends
PLUGIN = """
import sys
import numpy as np
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import NOTE, healthy
with RenderPool(resolve(sys.argv[1]), policy=sys.argv[2] or None, deadline=0.5) as pool:
    before = pool.render(healthy(pool.space, 2), NOTE)
    failed = [*healthy(pool.space, 1, crash=1.0), *healthy(pool.space, 1, hang=1.0)]
    statuses = [*before.status, *pool.render(np.array(failed), NOTE).status]
    after = pool.render(healthy(pool.space, 2), NOTE)
    same = np.array_equal(after.audio, before.audio) and np.abs(after.audio).max() > 0.01
    print(pool.policy, [int(status) for status in statuses], same)
"""

PLUGIN_MATCH = """
import json
import sys
from patchwright import match
found = match(
    {"random": 0, "duration": 0.2, "length": 0.3},
    out=sys.argv[1],
    synth={"name": sys.argv[2], "lock": json.loads(sys.argv[3])},
    search={"renders": 20, "calibration": 10},
)
print(found.summary.renders, found.summary.preset != {})
"""

PYTEST = """
import sys
import pytest
sys.exit(pytest.main(["-q", "-p", "no:xdist", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""

FAULTLESS = {fault: {"normalised": 0.0} for fault in FAULTS}

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
            env=os.environ
            | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1", "KEPT": kept}
            | {"PATCHWRIGHT_LONG": ""},
            capture_output=True,
            text=True,
            timeout=size(1800, 300),
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
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


@pytest.mark.parametrize("policy", ["", "reset"])
def test_a_plugin_is_played_in_new_processes_and_may_crash_and_hang(policy, without, fault_synth):
    ok, crashed, timeout = int(Status.ok), int(Status.crashed), int(Status.timeout)
    played = without(PLUGIN, fault_synth, policy, kept="pedalboard")
    assert played == f"{policy or 'respawn'} {[ok, ok, crashed, timeout]} True"


@long
@pytest.mark.parametrize(
    ("address", "lock"),
    [("", FAULTLESS), ("vst2:amsynth_vst", "amsynth-16"), ("vital", "vital-24")],
)
def test_a_match_with_a_plugin(address, lock, without, fault_synth, tmp_path):
    if address.startswith("vst2:"):
        need_amsynth()
    name = address or str(fault_synth)
    kept = "pedalboard dawdreamer vita"
    assert without(PLUGIN_MATCH, tmp_path / "run", name, json.dumps(lock), kept=kept) == "20 True"


@long
def test_the_tests_of_pools(without):
    without(
        PYTEST,
        *("tests/synths/plugins/test_pool.py", "-k"),
        "every_policy or faults_have or fails_twice or fails_once or closed_while or "
        "closing_wakes or is_gone",
        kept="pedalboard getuid",  # which pytest needs
    )


# What is refused


def test_the_policy_fork_without_fork(fault_synth, monkeypatch):
    monkeypatch.delattr(os, "fork")
    message = refusal(RenderPool, resolve(str(fault_synth)), policy=Policy.fork)
    assert "'respawn'" in message
