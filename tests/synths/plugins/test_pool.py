"""Pools of real plugins: bits always repeat, and a fault of a plugin costs one render."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from patchwright.synths import Note, Performance, Status, SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.hosts.table import HOSTS
from patchwright.synths.plugins.jobs import Policy
from patchwright.synths.plugins.pool import RenderPool
from tests.sizes import size
from tests.synths.plugins.unlike_host import UNLIKE
from tests.synths.readme import README
from tests.synths.sample_plugins import FAULTS, NOTE, healthy, plugin, presets

PATCHES = size(500, 15)
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no other
POLICIES = [policy for policy in Policy if platform.has_fork() or policy is not Policy.fork]
CHORD = Performance(
    notes=(Note(pitch=48, duration=0.2), Note(pitch=55, velocity=60, onset=0.05, duration=0.1)),
    length=0.3,
    sr=22_050,
)
IN_A_NEW_PROCESS = """
import hashlib, sys
from pathlib import Path
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import NOTE, plugin, presets
spec, locks = plugin(sys.argv[1], Path(sys.argv[2]))
with RenderPool(spec, workers=2) as pool:
    audio = pool.render(presets(pool, locks, int(sys.argv[3])), NOTE).audio
print(hashlib.sha256(audio.tobytes()).hexdigest())
"""
# renders forever; prints the IDs of its processes once it has begun
BUSY = """
import sys
from patchwright.synths.plugins.address import resolve
from patchwright.synths.plugins.pool import RenderPool
from tests.synths.sample_plugins import NOTE, healthy
with RenderPool(resolve(sys.argv[1]), workers=2, deadline=60) as pool:
    rows = healthy(pool.space, 8, hang=float(sys.argv[2]))
    pool.render(healthy(pool.space, 8), NOTE)
    print(*pool.pids, flush=True)
    while True:
        pool.render(rows, NOTE)
"""


@pytest.fixture(scope="module")
def pool(fault_synth):
    with RenderPool(resolve(str(fault_synth)), workers=2, deadline=0.5) as opened:
        yield opened


def test_a_policy_is_itself_or_its_name_and_no_other_word(fault_synth):
    spec = resolve(str(fault_synth))
    for policy in ("fork", Policy.fork):
        with RenderPool(spec, policy=policy) as opened:
            assert opened.policy is Policy.fork
    with pytest.raises(SynthError, match="not 'forked'"):
        RenderPool(spec, policy="forked")


@pytest.mark.parametrize("name", ["amsynth", "vital", "fault"])
def test_random_patches_have_the_same_bits_however_they_are_rendered(name, fault_synth):
    spec, locks = plugin(name, fault_synth)
    with RenderPool(spec, workers=1) as one:
        rows = presets(one, locks, PATCHES)
        first = one.render(rows, NOTE)
        assert (first.status == Status.ok).mean() > 0.9
        order = np.random.default_rng(1).permutation(PATCHES)
        some = order[: PATCHES // 5]
        assert np.array_equal(one.render(rows[some], NOTE).audio, first.audio[some])
    with RenderPool(spec, workers=4) as several:
        again = several.render(rows[order], NOTE)
        assert np.array_equal(again.audio, first.audio[order])
        assert np.array_equal(again.status, first.status[order])
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, name, str(fault_synth), str(PATCHES)]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True)
    assert elsewhere.stdout.strip() == hashlib.sha256(first.audio.tobytes()).hexdigest()


def test_hidden_state_is_really_there_without_the_fork(fault_synth):
    """Without hidden state the test above would prove nothing."""
    spec, locks = plugin("fault", fault_synth)
    with RenderPool(spec, policy=Policy.reinstantiate) as unsafe:
        rows = presets(unsafe, locks, 4)
        first, second = unsafe.render(rows, NOTE).audio, unsafe.render(rows, NOTE).audio
        assert not np.array_equal(first, second)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_survives_crashes_and_hangs(policy, fault_synth):
    with RenderPool(resolve(str(fault_synth)), policy=policy, deadline=1.0) as each:
        assert each.policy is policy
        sound = healthy(each.space, 3)
        before = each.render(sound, NOTE)
        assert (before.status == Status.ok).all()
        assert each.render(healthy(each.space, 1, crash=1.0), NOTE).status == [Status.crashed]
        assert each.render(healthy(each.space, 1, hang=1.0), NOTE).status == [Status.timeout]
        after = each.render(sound, NOTE)
        assert np.array_equal(after.audio, before.audio)


@pytest.mark.parametrize(
    ("fault", "value", "status"),
    [
        ("crash", 0.6, Status.crashed),
        ("crash", 1.0, Status.crashed),
        ("hang", 1.0, Status.timeout),
        ("not_a_number", 0.6, Status.non_finite),
        ("not_a_number", 1.0, Status.non_finite),
        ("silence", 1.0, Status.silent),
        ("leak", 0.3, Status.ok),
    ],
)
def test_faults_have_their_statuses(pool, fault, value, status):
    rows = np.concatenate([healthy(pool.space, 2), healthy(pool.space, 1, 7, **{fault: value})])
    renders = pool.render(rows, NOTE)
    assert renders.status.tolist() == [Status.ok, Status.ok, status]
    assert renders.audio.shape == (3, 2, NOTE.samples)
    assert renders.audio.dtype == np.float32
    if status in (Status.crashed, Status.timeout):
        assert not renders.audio[2].any()
    assert np.array_equal(renders.audio[:2], pool.render(rows[:2], NOTE).audio)


def test_a_preset_that_fails_twice_is_not_tried_again(pool):
    before = pool.quarantined
    row = healthy(pool.space, 1, 11, hang=1.0)
    started = time.perf_counter()
    assert pool.render(row, NOTE).status == [Status.timeout]
    assert time.perf_counter() - started >= 1.0  # two tries of half a second
    assert pool.quarantined == before + 1
    started = time.perf_counter()
    assert pool.render(np.repeat(row, 50, 0), NOTE).status.tolist() == [Status.timeout] * 50
    assert time.perf_counter() - started < 0.5
    assert pool.render(row, CHORD).status == [Status.timeout]  # another performance is another try
    assert pool.quarantined == before + 2


def test_a_preset_that_fails_once_is_rendered(fault_synth, tmp_path, monkeypatch):
    marker = tmp_path / "crashed"
    monkeypatch.setenv("PATCHWRIGHT_FLAKY_MARKER", str(marker))
    with RenderPool(resolve(str(fault_synth))) as flaky:
        renders = flaky.render(healthy(flaky.space, 1, flaky=1.0), NOTE)
        assert marker.exists()  # it did crash
        assert renders.status == [Status.ok]
        assert flaky.quarantined == 0
        clean = flaky.render(healthy(flaky.space, 1), NOTE)
        assert np.array_equal(renders.audio, clean.audio)


def test_renders_with_faults_are_those_of_a_plugin_without(fault_synth):
    """1 % crashes, 0.2 % hangs, 1 % NaN, and a leak of 10 MB in every render."""
    n, distinct = size((10_000, 500), (800, 200))
    rng = np.random.default_rng(5)
    with RenderPool(resolve(str(fault_synth)), workers=2, deadline=0.5) as clean:
        sound = healthy(clean.space, distinct, 9)
        expected = clean.render(sound, NOTE)
        assert (expected.status == Status.ok).mean() > 0.9
        rows, place = np.tile(sound, (n // distinct, 1)), clean.space.index
        kinds = rng.choice(4, n, p=[0.978, 0.01, 0.002, 0.01])
        rows[:, place("leak")] = 0.1
        # faulty presets are distinct, so that none is known from quarantine
        for kind, fault in ((1, "crash"), (2, "hang"), (3, "not_a_number")):
            rows[kinds == kind, place(fault)] = 1.0
            rows[kinds == kind, place("unused")] = rng.random((kinds == kind).sum())
        statuses = np.tile(expected.status, n // distinct)
        for kind, status in ((1, Status.crashed), (2, Status.timeout), (3, Status.non_finite)):
            statuses[kinds == kind] = status
        sizes = []
        for first in range(0, n, distinct):
            renders = clean.render(rows[first : first + distinct], NOTE)
            part = kinds[first : first + distinct]
            assert np.array_equal(renders.audio[part == 0], expected.audio[part == 0])
            assert renders.status.tolist() == statuses[first : first + distinct].tolist()
            sizes.append(sum(resident(pid) for pid in clean.pids))
        pids = clean.pids
    assert max(sizes) < 1.05 * sizes[0]  # a hundred gigabytes were leaked
    assert end(pids)


@pytest.mark.parametrize(
    ("killer", "hang"),
    [(KILL, 0.0), (KILL, 1.0), (signal.SIGINT, 1.0), (signal.SIGTERM, 0.0)],
)
def test_nothing_is_left_when_the_parent_ends(killer, hang, fault_synth):
    command = [sys.executable, "-c", BUSY, str(fault_synth), str(hang)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        pids = [int(word) for word in parent.stdout.readline().split()]
        time.sleep(0.3)
        loaded = {ancestor(pid) for pid in pids}  # one process, whose forks they are
        family = [*loaded, *(pid for root in pids for pid in [root, *children(root)])]
        assert (len(pids), len(loaded)) == (2, 1)
        assert len(family) > 3  # the forks that play
        shared = [name for pid in (parent.pid, *pids) for name in opened_memory(pid)]
        assert len(shared) >= 2
        assert all(name.startswith("/memfd:") for name in shared)  # ends with the last process
        parent.send_signal(killer)
        assert end(family, within=20)  # far less than the pool's own deadline
    finally:
        parent.kill()
        parent.communicate()


def test_a_pool_can_be_closed_while_it_renders(fault_synth):
    pool = RenderPool(resolve(str(fault_synth)), workers=2, deadline=60)
    pids, raised = pool.pids, []

    def render():
        try:
            pool.render(healthy(pool.space, 4, hang=1.0), NOTE)
        except SynthError as error:
            raised.append(str(error))

    thread = threading.Thread(target=render)
    thread.start()
    time.sleep(0.3)
    started = time.perf_counter()
    pool.close()
    thread.join(30)
    assert time.perf_counter() - started < 20  # not the deadline's 60
    (complaint,) = raised
    assert "was closed" in complaint
    assert end(pids)


def test_closing_wakes_all_who_wait_for_a_process(fault_synth):
    pool, raised = RenderPool(resolve(str(fault_synth)), deadline=60), []

    def render(seed):
        try:
            pool.render(healthy(pool.space, 1, seed, hang=1.0), NOTE)
        except SynthError as error:
            raised.append(str(error))

    threads = [threading.Thread(target=render, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    pool.close()
    for thread in threads:
        thread.join(5)
    assert len(raised) == 5
    assert all("was closed" in complaint for complaint in raised)


def test_a_plugin_that_is_gone_is_an_error_at_every_render(fault_synth, tmp_path):
    plugin = shutil.copytree(fault_synth, tmp_path / fault_synth.name)
    with RenderPool(resolve(str(plugin)), policy=Policy.respawn) as pool:
        row = healthy(pool.space, 1)
        assert pool.render(row, NOTE).status == [Status.ok]
        shutil.rmtree(plugin)
        with pytest.raises(SynthError, match="FaultSynth"):
            pool.render(np.repeat(row, 4, 0), NOTE)
        with pytest.raises(SynthError, match="FaultSynth"):
            pool.render(row, NOTE)


def test_several_threads_may_render_at_a_time(pool):
    rows = healthy(pool.space, 40, 3)
    expected = pool.render(rows, NOTE).audio
    found = [None] * 8

    def render(place):
        found[place] = pool.render(rows[place::8], NOTE).audio

    threads = [threading.Thread(target=render, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(8):
        assert np.array_equal(found[place], expected[place::8])


def test_a_process_that_was_killed_is_replaced(pool):
    rows = healthy(pool.space, 6)
    expected = pool.render(rows, NOTE).audio
    before = set(pool.pids)
    for pid in before:
        os.kill(pid, KILL)
    renders = pool.render(rows, NOTE)
    assert np.array_equal(renders.audio, expected)
    assert not before & set(pool.pids)


def test_a_loaded_process_that_was_killed_is_replaced(pool):
    rows = healthy(pool.space, 6)
    expected = pool.render(rows, NOTE).audio
    forks = pool.pids
    before = {ancestor(pid) for pid in forks}
    for pid in before:
        os.kill(pid, KILL)
    assert end(forks)
    assert np.array_equal(pool.render(rows, NOTE).audio, expected)
    assert not before & {ancestor(pid) for pid in pool.pids}


def test_all_workers_start_from_the_same_state(monkeypatch):
    """Some plugins, such as synthv1, start differently in every process."""
    monkeypatch.setenv("PYTHONPATH", str(README.parents[1]))
    monkeypatch.setitem(HOSTS, UNLIKE.name, UNLIKE)
    with RenderPool(resolve("unlike"), workers=3) as several:
        rows = several.space.sample(12, np.random.default_rng(0))
        first = several.render(rows, NOTE).audio
        assert np.array_equal(several.render(rows[::-1], NOTE).audio[::-1], first)
        for pid in several.pids:
            os.kill(pid, KILL)
        assert np.array_equal(several.render(rows, NOTE).audio, first)
    with RenderPool(resolve("unlike")) as another:
        assert not np.array_equal(another.render(rows, NOTE).audio, first)


def test_another_sample_rate_leaves_no_process_behind(fault_synth):
    before = children(os.getpid())
    with RenderPool(resolve(str(fault_synth)), workers=2) as opened:
        rows = healthy(opened.space, 4)
        expected = opened.render(rows, NOTE).audio
        for performance in (replace(NOTE, sr=44_100), replace(NOTE, sr=48_000), NOTE):
            renders = opened.render(rows, performance)
            assert (renders.status == Status.ok).all()
        assert np.array_equal(renders.audio, expected)
        loaded = {ancestor(pid) for pid in opened.pids}
        assert {*children(os.getpid())} - {*before} == loaded


def test_a_plugin_process_loads_little():
    """What a process holds slows every fork of it."""
    code = "import sys, patchwright.synths.plugins.snapshot; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    dear = {"importlib.metadata", "mido", "numpy.random", "tempfile", "torch", "yaml"}
    assert not dear & set(done.stdout.split())


def test_any_performance_fits(pool):
    rows = healthy(pool.space, 2)
    for length in (0.001, 0.1, 3.0):
        performance = Performance(notes=(Note(pitch=60, duration=0.1),), length=length)
        assert pool.render(rows, performance).audio.shape == (2, 2, performance.samples)
    assert len(pool.render(rows[:0], NOTE).audio) == 0


def test_a_plugin_that_fails_in_a_fork_is_respawned_with_a_warning(fault_synth, caplog):
    """The default preset hangs here, as plugins do in a fork that lacks their threads."""
    spec = resolve(str(fault_synth))
    with RenderPool(spec) as usual:
        state = usual.save_state(healthy(usual.space, 1, hang=1.0)[0])
    with RenderPool(spec.with_state(state), deadline=0.5) as pool:
        assert pool.policy is Policy.respawn
    assert "starts a new process" in caplog.text


def test_wrong_arguments_are_refused(pool, fault_synth):
    for wrong in (np.zeros((2, 3)), np.full((1, len(pool.space)), np.nan)):
        with pytest.raises(SynthError):
            pool.render(wrong, NOTE)
    with pytest.raises(SynthError, match="at least one"):
        RenderPool(resolve(str(fault_synth)), workers=0)


def test_faults_are_named_as_in_the_plugin(pool):
    assert set(FAULTS) <= set(pool.space.names)


def opened_memory(pid):
    """Return the names of the files in memory that a process has open."""
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            names.append(str(link.readlink()))
    return [name for name in names if name.startswith(("/memfd:", "/dev/shm/"))]  # noqa: S108


def end(pids, within=5):
    """Return whether processes end: one that closed its files is still there for a moment."""
    until = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(alive, pids))


def alive(pid):
    """Return whether a process is running; one that has ended and was not waited for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def resident(pid):
    """Return the resident memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def ancestor(pid):
    """Return the ID of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found
