"""Suites on Dask: workers that join, that are lost, and that are not admitted."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from patchwright.experiments.config import ObjectiveConfig, SynthConfig
from patchwright.experiments.records.versions import library_versions
from patchwright.experiments.suite import read_suite, run_suite
from patchwright.experiments.suite.admission import needs_of, unmet_need
from tests.experiments.suites import SMALL, in_this_process, rows, write
from tests.needs import need_package
from tests.sizes import long
from tests.synths.sample_plugins import need_amsynth


@pytest.fixture(scope="module", autouse=True)
def _dask():
    need_package("distributed", "dask")


@pytest.fixture
def cluster():
    """Scheduler on the loopback with two workers, of one and of two threads."""
    from distributed import Scheduler, SpecCluster, Worker

    host = {"protocol": "tcp://", "host": "127.0.0.1"}
    workers = {
        name: {"cls": Worker, "options": host | {"nthreads": threads}}
        for name, threads in (("one", 1), ("two", 2))
    }
    scheduler = {"cls": Scheduler, "options": host | {"dashboard": False}}
    with SpecCluster(workers=workers, scheduler=scheduler, silence_logs=50) as found:
        yield found


def workers_of_this_process():
    """List the processes that multiprocessing spawned from this one, as Dask does."""
    children = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"spawn_main" in (place / "cmdline").read_bytes():
                children.append(int(place.name))
        except OSError:
            continue
    return children


@long
def test_a_worker_is_killed_half_way(tmp_path, patchwright):
    path = write(tmp_path, SMALL)
    alone = str(tmp_path / "alone.db")
    runs = read_suite(path).runs
    for outcome in run_suite(
        runs, tmp_path / "alone", workers=1, results=alone, dispatch=in_this_process
    ):
        assert outcome.error is None
    killed = []

    def kill_one():
        while not list(tmp_path.glob("out/runs/*/summary.json")):
            time.sleep(0.01)
        killed.extend(workers_of_this_process()[:1])
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    options = ["--cluster", "local", "--workers", 2, "--results", "results.db"]
    code, said, complaint = patchwright("run", path, "--out", "out", *options)
    assert code == 0, complaint
    assert len(killed) == 1
    assert "median match" in said
    assert rows(tmp_path / "results.db") == rows(alone)
    summaries = {path.parent.name for path in tmp_path.glob("out/runs/*/summary.json")}
    assert summaries == {run.id for run in runs}
    assert not workers_of_this_process()


def test_only_workers_that_can_take_part_get_work(cluster, tmp_path, patchwright):
    need_amsynth()
    synths = ["subtractive", {"name": "vst2:amsynth_vst", "lock": "amsynth-32"}]
    suite = SMALL | {"sweep": {"objectives": [["envelope"]], "synth": synths}}
    path = write(tmp_path, suite)
    options = ["--cluster", cluster.scheduler_address, "--out", "out"]
    code, _, complaint = patchwright("run", path, *options)
    assert code == 0, complaint
    refused = cluster.workers["two"].address
    assert f"Worker {refused} gets no work. It has several threads" in complaint
    assert len(list(tmp_path.glob("out/runs/*/summary.json"))) == 2


def test_what_a_worker_lacks_is_named(tmp_path):
    runs = read_suite(write(tmp_path, SMALL)).runs
    needs = needs_of(runs, tmp_path / "out", results=None, study=None)
    assert unmet_need(needs) is None
    shared = str(tmp_path / "out" / ".shared")
    assert list(needs.files) == [shared]
    plugin = SynthConfig(name="vst2:nowhere")
    elsewhere = ObjectiveConfig(name="of_another_package")
    for change, sentence in (
        ({"versions": library_versions() | {"numpy": "0.0"}}, "install 0.0"),
        ({"files": {shared: "00"}}, f"different file {shared}"),
        ({"files": {"/no/target.wav": "00"}}, "no file /no/target.wav"),
        ({"synths": (plugin,)}, "nowhere"),
        ({"objectives": (elsewhere,)}, "'of_another_package'"),
        ({"results": "postgresql://127.0.0.1:1/x"}, "127.0.0.1:1/x"),
    ):
        assert sentence in unmet_need(replace(needs, **change))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cluster", "here"], "local or tcp://HOST:PORT, not here."),
        (["--cluster", "tcp://127.0.0.1:1"], "tcp://127.0.0.1:1"),
        (["--cluster", "tcp://127.0.0.1:1", "--workers", "2"], "--workers"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, sentence, complaint, tmp_path, monkeypatch):
    monkeypatch.setattr("patchwright.experiments.cluster.connection.CONNECT", 0.2)
    assert sentence in complaint("run", write(tmp_path, SMALL), *arguments)


def test_without_dask_it_is_told_how_to_install_it(complaint, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = complaint("run", write(tmp_path, SMALL), "--cluster", "local")
    assert "pip install 'patchwright[dask]'" in said
