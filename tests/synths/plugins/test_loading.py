"""Plugin processes that end while they load are replaced; if all do, it is said how."""

import errno
import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from patchwright.synths import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins import pool as pools
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.diagnosis import why_it_died
from patchwright.synths.plugins.hosts.table import HOSTS
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.plugins.process import PluginProcess
from tests.synths.damage import refusal
from tests.synths.plugins.dying_host import DEATHS, DYING
from tests.synths.plugins.sine_host import SINE
from tests.synths.readme import README
from tests.synths.sample_plugins import NOTE, left_behind

DISPLAY = "cannot open display: (null)"


@pytest.fixture
def deaths(monkeypatch, tmp_path):
    """Return a function that lets the next processes end while they load."""
    monkeypatch.setenv("PYTHONPATH", str(README.parents[1]))
    monkeypatch.setitem(HOSTS, SINE.name, SINE)
    monkeypatch.setitem(HOSTS, DYING.name, DYING)
    monkeypatch.setenv(DEATHS, str(tmp_path))

    def plan(*endings):
        for place, ending in enumerate(endings):
            (tmp_path / str(place)).write_text(ending)

    return plan


@pytest.mark.parametrize("policy", [Policy.fork, Policy.respawn])
def test_a_process_that_is_killed_while_it_loads_is_replaced(policy, deaths):
    deaths("SIGKILL", "SIGABRT")
    with RenderPool(resolve("dying"), policy=policy) as pool:
        values = pool.space.sample(3, np.random.default_rng(0))
        first = pool.render(values, NOTE)
        deaths("SIGSEGV", "SIGKILL")
        for pid in pool.pids:
            platform.kill(pid)
        again = pool.render(values, NOTE)
    assert np.array_equal(first.audio, again.audio)
    assert first.status.tolist() == again.status.tolist() == [0, 0, 0]
    assert left_behind(os.getpid()) == []


@pytest.mark.parametrize(
    ("ending", "known", "mend"),
    [
        ("SIGKILL", "signal 9 (SIGKILL)", "memory runs out, so use fewer workers"),
        ("SIGSEGV", "signal 11 (SIGSEGV)", "another program can load it, and whether"),
        ("no more", "exit code 3", "another program can load it"),
        ("MemoryError", "exit code 3", "memory runs out"),
        (DISPLAY, "exit code 3", "under xvfb-run"),
    ],
)
def test_one_that_always_ends_is_refused_with_what_is_known(
    ending, known, mend, deaths, monkeypatch, caplog
):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(pools, "_LOADS", 2)
    deaths(*[ending] * 2)
    reason = refusal(RenderPool, resolve("dying"))
    again = ending.startswith("SIG") or "Memory" in ending  # what another try may be spared
    assert len(caplog.messages) == again
    assert known in reason
    assert "two / loading <tables>" in reason  # the last lines that it printed
    assert "zero" not in reason
    assert mend in reason
    assert ("xvfb-run" in reason) == (ending in ("SIGSEGV", DISPLAY))
    assert left_behind(os.getpid()) == []


def test_what_is_said_without_a_code_and_without_a_line(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    assert why_it_died("x", None, []).startswith("x ended while loading: check")
    assert "signal 99 (99)" in why_it_died("x", -99, [])
    assert len(why_it_died("x", 1, ["y" * 10_000] * 100)) < 1_000


def test_too_many_open_files(deaths, monkeypatch):
    """They are counted with a limit of this process, which is not exceeded otherwise."""
    resource = pytest.importorskip("resource")
    source = resolve("sine").source
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = len([*Path("/proc/self/fd").iterdir()])
    held = [os.open(os.devnull, os.O_RDONLY)]
    for more in range(16):  # it fails at another call each time
        limit = held[0] + 1 + more
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        try:
            with (
                pytest.raises(SynthError) as error,
                closing(PluginProcess(source, Policy.fork)) as process,
            ):
                process.open_line().close()
        except pytest.fail.Exception:
            break  # that many are enough
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert f"of {limit:,} at most" in str(error.value)
        assert "ulimit -n" in str(error.value)
        assert "--workers" in str(error.value)
    else:
        pytest.fail("sixteen descriptors are not enough for a process")
    assert more > 3
    os.close(held[0])
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    assert left_behind(os.getpid()) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EMFILE, "ulimit -n"),
        (errno.ENFILE, "ulimit -n"),
        (errno.EAGAIN, "ulimit -u"),
        (errno.ENOMEM, "memory is used up"),
    ],
)
def test_what_is_short_is_named_with_the_mend(number, words):
    sentence = platform.shortage(OSError(number, os.strerror(number), "METADATA"))
    assert words in sentence
    assert "METADATA" not in sentence
    assert "fewer workers" in sentence


def test_another_error_is_no_shortage():
    assert platform.shortage(OSError(errno.ENOENT, "none")) is None
