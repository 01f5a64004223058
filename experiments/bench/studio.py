"""Latencies of the studio, from a request to the last byte of its sound.

Run as ``make bench-studio``, or
``python -m patchwright.experiments.bench.studio [SYNTH[=LOCK]...]``.
Decoding and the start of the sound in the browser come on top, some 20 ms.
"""

import http.client
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np

from patchwright.experiments.config import SearchConfig
from patchwright.experiments.studio.guard import TOKEN_HEADER
from patchwright.experiments.studio.server import StudioServer
from patchwright.experiments.terminal.plain_text import markdown_table

TARGET = "trumpet_c4.flac"
_KNOBS = {"subtractive": "filter_cutoff", "vst2:amsynth_vst": "filter_cutoff", "fm": "feedback"}
_REPEATS = 40
_FIRST = 5
_PATIENCE = 120.0  # s


class Page:
    """Requests of a browser, over one connection."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
        self._token = parts.query.partition("=")[2]
        self._connection.request("GET", f"/library?{parts.query}")
        answer = self._connection.getresponse()
        answer.read()
        self.cookie = str(answer.headers["set-cookie"]).partition(";")[0]

    def ask(self, path: str, content: bytes | dict[str, Any] | None = None) -> bytes:
        """Send a request, and return what was answered; `content` is posted."""
        headers = {"Cookie": self.cookie}
        if content is not None:
            headers[TOKEN_HEADER] = self._token
        body = json.dumps(content).encode() if isinstance(content, dict) else content
        method = "GET" if content is None else "POST"
        self._connection.close()  # the server ends a connection that was idle for some seconds
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(said.decode())
        return said

    def json(self, path: str, content: bytes | dict[str, Any] | None = None) -> Any:
        """As `ask`, for an answer in JSON."""
        return json.loads(self.ask(path, content))


def begin(page: Page, synth: str, lock: str) -> str:
    """Drop the target and begin to match it; return the address of the run."""
    sound = files("patchwright.experiments").joinpath("targets", TARGET).read_bytes()
    dropped = page.json(f"/api/sounds?name={quote(TARGET)}", sound)
    order = {"sounds": [{"id": dropped["id"], "note": 60}], "synth": synth, "lock": lock}
    return f"/api/runs/{page.json('/api/runs', order)['id']}"


def first_answers(page: Page, synth: str, lock: str) -> tuple[float, float, str, str]:
    """Begin a match, and listen to its first answers.

    Returns:
        Seconds to the sound of the first answer, and to the first that is chosen by more than
        chance: by the model, where there is one. Then the run's address and the answer's key.
    """
    started = time.perf_counter()
    run = begin(page, synth, lock)
    seconds = []
    for renders in (0, SearchConfig().calibration):
        while (view := page.json(run)).get("renders", 0) <= renders:
            if time.perf_counter() - started > _PATIENCE:
                raise RuntimeError(f"{synth} gave no answer in {_PATIENCE:.0f} s.")
            time.sleep(0.1)  # the stream of events looks every 0.25 s
        page.ask(f"{run}/sounds/{view['best']}")
        seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[1], run, view["best"]


def timed(call: Callable[[int], object], repeats: int = _REPEATS) -> list[float]:
    """Return the seconds of calls with the numbers 0, 1, 2, ..."""
    times = []
    for number in range(repeats):
        started = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - started)
    return times


def measure(server: StudioServer, synth: str, lock: str) -> dict[str, list[float]]:
    """Measure a synth: first answers, then notes and knobs while it searches, and paused."""
    page = Page(server.address)
    firsts, nexts = [], []
    for _ in range(_FIRST):
        first, second, run, best = first_answers(page, synth, lock)
        firsts.append(first)
        nexts.append(second)
        time.sleep(25.0)  # until the process of the next search waits
    groups = page.json(f"{run}/knobs/{best}")
    names = [knob["name"] for group in groups.values() for knob in group if knob["free"]]
    knob = _KNOBS[synth] if _KNOBS.get(synth) in names else names[0]
    rng = np.random.default_rng(0)

    def bend(number: int) -> None:
        bent = page.json(f"{run}/bend/{best}", {knob: float(rng.random())})
        page.ask(f"{run}/sounds/{bent['key']}")

    def note(number: int) -> None:
        velocity = 30 + int(rng.integers(97))
        page.ask(f"{run}/sounds/{best}?note={40 + number}&velocity={velocity}&held=1.5")

    found = {"first answer": firsts, "first that was searched": nexts}
    for state in ("searching", "paused"):
        if state == "paused":
            page.ask(f"{run}/search", {"do": "pause"})
        found[f"note of 1.5 s, {state}"] = timed(note)
        found[f"knob, {state}"] = timed(bend)
    return found


def main(chosen: list[str]) -> int:
    """Measure synths and print one table."""
    rows = [["synth", "what", "median", "95 %", "n"]]
    for text in chosen or ["subtractive", "vst2:amsynth_vst=amsynth-32"]:
        synth, _, lock = text.partition("=")
        with tempfile.TemporaryDirectory() as folder, StudioServer(Path(folder), port=0) as server:
            serving = threading.Thread(target=server.serve)
            serving.start()
            try:
                time.sleep(15.0)  # until the process of the first search waits
                for what, times in measure(server, synth, lock).items():
                    middle, high = np.percentile(times, (50, 95))
                    unit, scale = ("s", 1.0) if what.startswith("first") else ("ms", 1e3)
                    digits = 1 if unit == "s" else 0
                    texts = (f"{scale * each:.{digits}f} {unit}" for each in (middle, high))
                    rows.append([synth, what, *texts, str(len(times))])
            finally:
                server.stop()
                serving.join()
    print(markdown_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
