"""The searches of the studio: one at a time, each a process that can be ended and started again."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from patchwright.experiments.records.run_folder import RunFolder, write_text
from patchwright.synths.yaml_file import read_yaml

_LATER = 20.0  # s


@dataclass
class _Search:
    """A process, and the run that it works on.

    Attributes:
        process: The process.
        folder: Folder of its run; None while it waits for one.
        doing: What it is busy with before the first renders; empty afterwards.
        error: Sentence with which it failed; empty if it did not.
    """

    process: subprocess.Popen[str]
    folder: Path | None = None
    doing: str = ""
    error: str = ""


class Matches:
    """Runs searches in processes of their own.

    One search works at a time, because the processor is shared: starting another pauses it. A
    second process has everything imported already and waits, so that a search starts at once; the
    next one is started a while after that, not while the first sounds are waited for.

    Args:
        workers: Renders in parallel.
        ended: Function that is called, in a thread, with the folder of a run whose process ended.
        ahead: Whether the process of the next search is started in advance.
    """

    def __init__(self, *, workers: int, ended: Callable[[Path], None], ahead: bool = True) -> None:
        self._workers, self._ended, self._ahead = workers, ended, ahead
        self._lock = threading.RLock()
        self._closed = False
        self._working: _Search | None = None
        self._failed: dict[Path, str] = {}
        self._timer: threading.Timer | None = None
        self._waiting: _Search | None = None

    @property
    def folder(self) -> Path | None:
        """Folder of the run that is searched now; None if none is."""
        working = self._working
        return None if working is None else working.folder

    def doing(self, folder: Path) -> str:
        """What the search of a run is busy with before its first renders; empty afterwards."""
        working = self._working
        return working.doing if working is not None and working.folder == folder else ""

    def error(self, folder: Path) -> str:
        """Sentence with which the search of a run failed; empty if it did not."""
        return self._failed.get(folder, "")

    def begin(self, folder: Path, config: dict[str, Any]) -> None:
        """Search, or continue the search of a run; another one is paused.

        Args:
            folder: Folder of the run.
            config: Content of its config, for a run that has none yet.
        """
        with self._lock:
            self.pause()
            if self._closed:
                return
            if self._timer is not None:
                self._timer.cancel()
            search, self._waiting = self._waiting or self._start(), None
            if self._ahead:
                self._timer = threading.Timer(_LATER, self.prepare)
                self._timer.daemon = True
                self._timer.start()
            search.folder, search.doing = folder, "Getting ready"
            self._failed.pop(folder, None)
            self._working = search
        order = {"folder": str(folder), "config": config, "workers": self._workers}
        assert search.process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(OSError):  # it ended already: its reader says so
            search.process.stdin.write(json.dumps(order) + "\n")
            search.process.stdin.flush()

    def pause(self) -> Path | None:
        """End the process of the search; the run can be continued. Returns the run's folder."""
        with self._lock:
            search, self._working = self._working, None
        if search is None:
            return None
        _end(search.process)
        return search.folder

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._closed = True
            self.pause()
            if self._timer is not None:
                self._timer.cancel()
            if self._waiting is not None:
                _end(self._waiting.process)

    def prepare(self) -> None:
        """Start the process that waits, unless there is one, or none is wanted in advance."""
        with self._lock:
            if self._ahead and self._waiting is None and not self._closed:
                self._waiting = self._start()

    def _start(self) -> _Search:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "patchwright.experiments.studio.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=environment,
        )
        search = _Search(process)
        threading.Thread(target=self._listen, args=(search,), daemon=True).start()
        return search

    def _listen(self, search: _Search) -> None:
        """Read what a process says until it ends."""
        assert search.process.stdout is not None  # noqa: S101 - it is a pipe
        for line in search.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            search.doing = said.get("doing", search.doing)
            search.error = said.get("error", search.error)
        code = search.process.wait()
        with self._lock:
            was_working = self._working is search
            if was_working:
                self._working = None
                if code:
                    self._failed[search.folder or Path()] = (
                        search.error or f"The search ended by itself (code {code}): go on with it."
                    )
        if was_working and search.folder is not None:
            self._ended(search.folder)


def end_after(folder: RunFolder, generations: int | None) -> None:
    """Let a paused run end after some generations when it is continued; None takes that back.

    The run keeps its bits: the limit is in its config, so that the command line, and a repetition
    of the run, end there as well.

    Args:
        folder: Folder of the run.
        generations: Generations after which it ends.
    """
    content = read_yaml(folder.config)
    content["search"]["generations"] = generations
    write_text(folder.config, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    folder.summary.unlink(missing_ok=True)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
