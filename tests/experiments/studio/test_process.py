"""The studio as a process: floods, kills, and Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.experiments.browser import until
from tests.experiments.studio.test_attacks import files
from tests.needs import need_package
from tests.sizes import long
from tests.synths.sample_plugins import need_amsynth

pytestmark = [
    long,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc"),
]
GIB = 2**30


class Process:
    """A studio that was started by its command, and requests of its page."""

    def __init__(self, process):
        from patchwright.experiments.bench.studio import Page

        self.process = process
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        self.page, self.place = Page(address), urlsplit(address)
        self.token = self.place.query.partition("=")[2]

    @property
    def memory(self):
        """Resident memory in bytes."""
        return memory_of(self.process.pid)

    def connect(self):
        """Open a connection."""
        return socket.create_connection((self.place.hostname, self.place.port), timeout=60)

    def head(self, *lines, token=True):
        """Return the head of an upload."""
        own = f"Cookie: {self.page.cookie}", f"X-Patchwright-Token: {self.token}"
        first = "POST /api/sounds?name=flood.wav HTTP/1.1", f"Host: {self.place.netloc}"
        return "\r\n".join([*first, *(own if token else ()), *lines, "", ""]).encode()


@contextmanager
def started(root):
    """Start `patchwright studio` in a folder."""
    need_package("starlette", "studio")
    command = [sys.executable, "-P", "-m", "patchwright", "studio", str(root), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--no-browser", "--workers", "1"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    try:
        yield Process(process)
    finally:
        process.kill()
        process.wait()


def memory_of(number):
    """Resident memory of a process in bytes."""
    status = Path(f"/proc/{number}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def descendants(number):
    """Processes that a process has started, and those that these have."""
    found = []
    for path in Path(f"/proc/{number}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [int(child), *descendants(child)]
    return found


def alive(numbers):
    """Those processes that have not ended."""
    found = []
    for number in numbers:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(number)
    return found


def refused(connection, pieces):
    """Send pieces until the server refuses; return the status, and how much was sent."""
    sent = 0
    try:
        for piece in pieces:
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass  # it has closed the connection
    try:
        status = connection.recv(64).split()
    except OSError:
        status = []
    return int(status[1]) if status else 0, sent


def test_floods_are_refused_with_flat_memory(tmp_path):
    root = tmp_path / "runs"
    with started(root) as studio:
        studio.page.ask("/")
        until(lambda: len(descendants(studio.process.pid)) == 1)  # the search that waits
        before, runners, kept = studio.memory, descendants(studio.process.pid), files(root)
        chunk = b"100000\r\n" + bytes(2**20) + b"\r\n"

        # announced: nothing is read
        with studio.connect() as connection:
            head = studio.head(f"Content-Length: {2 * GIB}")
            status, sent = refused(connection, [head])
            assert status == 413
        # not announced: it ends at the limit
        with studio.connect() as connection:
            head = studio.head("Transfer-Encoding: chunked")
            status, sent = refused(connection, [head, *[chunk] * 2048])
            assert status in (0, 413)
            assert sent < 400 * 2**20
        # without the token it ends at once
        with studio.connect() as connection:
            head = studio.head("Transfer-Encoding: chunked", token=False)
            status, sent = refused(connection, [head, *[chunk] * 2048])
            assert status in (0, 403)
            assert sent < 32 * 2**20

        # 50 connections that never end their requests: the page is still answered
        held = [studio.connect() for _ in range(50)]
        try:
            for number, connection in enumerate(held):
                heads = (b"GET / HTTP/1.1\r\nHost: ", studio.head("Transfer-Encoding: chunked"))
                connection.sendall(heads[number % 2])
                if number % 2:
                    connection.sendall(chunk)
            assert b"Patchwright" in studio.page.ask("/library")
            assert studio.memory < before + 64 * 2**20
        finally:
            for connection in held:
                connection.close()
        until(lambda: files(root) == kept)
        assert studio.memory < before + 64 * 2**20
        assert descendants(studio.process.pid) == runners


def test_a_killed_studio_goes_on_and_ctrl_c_ends_its_processes(tmp_path):
    from patchwright.experiments.bench.studio import begin

    need_amsynth()
    root = tmp_path / "runs"
    with started(root) as studio:
        run = begin(studio.page, "vst2:amsynth_vst", "amsynth-32")
        first = until(lambda: studio.page.json(run).get("renders"), 300)
        processes = descendants(studio.process.pid)
        assert len(processes) >= 3  # a search, its plugin, and the plugin that is played
        studio.process.kill()
        studio.process.wait()
        until(lambda: not alive(processes))
    with started(root) as studio:
        until(lambda: studio.page.json(run).get("renders", 0) > first, 300)
        assert studio.page.json(run)["status"] == "running"
        processes = descendants(studio.process.pid)
        studio.process.send_signal(signal.SIGINT)
        assert studio.process.wait(timeout=30) == 0
        assert "ended" in studio.process.stdout.read()
        until(lambda: not alive(processes))
    [state] = root.glob("*/studio/state.json")
    assert json.loads(state.read_text())["wanted"]
