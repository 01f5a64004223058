"""A Dask scheduler that is restarted under a suite."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from patchwright.experiments.cluster import connection, crew, work
from patchwright.experiments.cluster.work import Done
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite import RunOutcome, cluster, read_suite
from tests.experiments.suites import SMALL, write
from tests.needs import need_package
from tests.sizes import size


@pytest.fixture(autouse=True)
def _dask():
    need_package("distributed", "dask")


class StubClient:
    """A connection that breaks when it is told to."""

    def __init__(self):
        self.status = "running"


@pytest.fixture
def network(monkeypatch):
    """Schedulers that answer, or not, in this order; and the pauses between the tries."""
    clients, pauses, answers = [], [], []

    @contextlib.contextmanager
    def connect(address):
        if answers and not answers.pop(0):
            raise ExperimentError(f"No Dask scheduler answers at {address}: check the address.")
        clients.append(StubClient())
        yield clients[-1]
        clients[-1].status = "closed"

    monkeypatch.setattr(work, "connect", connect)
    monkeypatch.setattr(cluster, "needs_of", lambda *_, **__: None)
    monkeypatch.setattr(crew.Crew, "gather", lambda *_, **__: None)
    monkeypatch.setattr(connection.time, "sleep", pauses.append)
    return clients, pauses, answers


@pytest.fixture
def dispatched(network, tmp_path, monkeypatch):
    """Return a function that dispatches runs while the scheduler goes once."""
    runs = read_suite(write(tmp_path, SMALL)).runs
    rounds, said = [], []

    def run_all(link, crew, work, waiting):
        rounds.append([run.id for run in waiting.values()])
        for count, (place, run) in enumerate(waiting.items()):
            if count == 2 and len(rounds) == 1:
                link.client.status = "connecting"
                raise CancelledError
            yield Done(place, RunOutcome(id=run.id))

    def call():
        monkeypatch.setattr(work, "_run_all", run_all)
        options = {"workers": 2, "folder": tmp_path, "results": None, "study": None}
        with cluster.open_cluster(
            "tcp://here:1", runs=runs, refuse=said.append, **options
        ) as dispatch:
            return [outcome.id for outcome in dispatch(None, runs)]

    return call, [run.id for run in runs], rounds, said


def test_what_was_not_finished_is_done_after_a_restart(dispatched, network):
    call, ids, rounds, said = dispatched
    clients, pauses, answers = network
    answers.extend([True, False, False, True])
    assert call() == ids
    assert rounds == [ids, ids[2:]]
    assert pauses == [1.0, 2.0, 4.0]
    assert "does not answer" in said[0]
    assert [client.status for client in clients] == ["closed"] * 2


def test_a_scheduler_that_stays_away_is_named(dispatched, network, monkeypatch):
    monkeypatch.setattr(connection, "AWAY", 3.0)
    call, _, _, _ = dispatched
    _, pauses, answers = network
    answers.extend([True, *[False] * 9])
    with pytest.raises(ExperimentError, match="No Dask scheduler answers"):
        call()
    assert pauses == [1.0, 2.0]


@pytest.mark.skipif(not size(True, False), reason="it takes half a minute")
def test_a_real_scheduler_is_killed_and_started_again(tmp_path, patchwright):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    started = []

    def start():
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
        for words in (
            ["scheduler", "--host", address.partition(":")[0], "--port", address.partition(":")[2]],
            ["worker", f"tcp://{address}", "--nthreads", "1", "--no-nanny", "--no-dashboard"],
        ):
            more = ["--no-dashboard"] if words[0] == "scheduler" else []
            command = [sys.executable, "-m", "dask", *words, *more]
            with (tmp_path / f"{words[0]}.log").open("ab") as log:
                started.append(
                    subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
                )

    def stop():
        for process in started:
            process.kill()
            process.wait()

    def restart():
        while not list(tmp_path.glob("out/runs/*/summary.json")):
            time.sleep(0.05)
        stop()
        start()

    path = write(tmp_path, SMALL | {"sweep": SMALL["sweep"] | {"seed": "0..5"}})
    start()
    restarter = threading.Thread(target=restart, daemon=True)
    restarter.start()
    try:
        code, said, complaint = patchwright(
            "run", path, "--out", "out", "--cluster", f"tcp://{address}"
        )
    finally:
        stop()
    assert code == 0, complaint
    assert "does not answer" in complaint
    assert "median match" in said
    assert len(list(tmp_path.glob("out/runs/*/summary.json"))) == 12
