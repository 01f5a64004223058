"""A synth that renders in plugin processes: reproducible, parallel, safe from crashes and hangs."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.hosts.host import Program
from patchwright.synths.plugins.jobs import (
    Describe,
    Described,
    Job,
    LoadState,
    Play,
    PlayProgram,
    Policy,
    ReadBack,
    ReadPrograms,
    Reply,
    SaveState,
)
from patchwright.synths.plugins.line import Line
from patchwright.synths.plugins.process import LoadCrashError, PluginProcess
from patchwright.synths.plugins.spec import PluginSpec
from patchwright.synths.rendering import Renderings, Status, judge

_FAILURES = {"timeout": Status.timeout, "crashed": Status.crashed, "lost": Status.crashed}
_FAILED = {"timeout": "timed out", "crashed": "crashed", "lost": "lost its process"}
_TRIES = 2
_READING = 120.0  # seconds in which all programs are read
_LOADS = 3  # processes that may end while they load, one after the other
_PROBE = Performance(notes=(Note(pitch=60, duration=0.05),), length=0.1)
_CLOSED = "The pool was closed while it rendered."
_log = logging.getLogger(__name__)


class RenderPool:
    """A synth whose presets a plugin renders in separate processes; see `patchwright.synths.Synth`.

    Use it as a context manager, or call `close`. Its processes also end with this process, however
    it ends.

    Args:
        spec: The plugin, with the description of its parameters.
        workers: Number of renders in parallel.
        policy: Way to bring the plugin to a known state before each render. None chooses `fork` on
            Linux, or `respawn` if the plugin fails in a fork, with a warning in the log; elsewhere
            `respawn`.
        deadline: Time limit of a render in seconds.

    Attributes:
        policy: Policy in force.
        described: The plugin's own description.

    Raises:
        SynthError: If an argument is invalid, the plugin does not load, or it lacks a parameter
            that the spec names.

    Examples:
        ::

            import numpy as np
            from patchwright.synths import Performance, parse_notes
            from patchwright.synths.plugins.address import resolve
            from patchwright.synths.plugins.pool import RenderPool

            with RenderPool(resolve("vst2:amsynth_vst"), workers=4) as pool:
                values = pool.space.sample(100, np.random.default_rng(0))
                renders = pool.render(values, Performance.of(parse_notes("C3 E3+G3:2")))
                renders.audio.shape, renders.status  # (100, 2, t), [100]
    """

    batch = 1  # preferred number of rows per call: a worker has one plugin

    def __init__(
        self,
        spec: PluginSpec,
        *,
        workers: int = 1,
        policy: Policy | str | None = None,
        deadline: float = 10.0,
    ) -> None:
        if workers < 1:
            raise SynthError(f"A pool cannot have {workers} workers: give it at least one.")
        usual = Policy.fork if platform.trusts_fork() else Policy.respawn
        if (policy or usual) not in list(Policy):
            raise SynthError(f"policy must be one of {', '.join(Policy)}, not {policy!r}.")
        self.policy = Policy(policy or usual)
        if self.policy is Policy.fork and not platform.has_fork():
            raise SynthError("This platform has no fork: leave the policy out, or use 'respawn'.")
        self.spec = spec
        self.name = spec.name
        self.workers = workers
        self.deadline = deadline
        self._quarantine: dict[tuple[bytes | int, Performance], Status] = {}
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="play")
        # the threads that start processes live as long as the pool: on Linux, a process that is
        # meant to die with its parent dies with the thread that started it
        self._starter = ThreadPoolExecutor(workers, thread_name_prefix="start")
        self._lines: set[Line] = set()
        self._idle: queue.SimpleQueue[Future[Line]] = queue.SimpleQueue()
        self._loaded: dict[int, PluginProcess] = {}  # that are forked, by sample rate
        self._loading = threading.Lock()
        self._lock = threading.Lock()
        self._closed = False
        try:
            self.described = self._describe()
            self.space = spec.refine(self.described.parameters, version=self.described.version)
            self._fill()
            if policy is None:
                self._check_fork()
        except BaseException:
            self.close()
            raise

    @property
    def suffix(self) -> str | None:
        """Suffix of the plugin's own preset files, such as ``.fxp``; None if it has none."""
        return self.described.suffix

    @property
    def preset_suffixes(self) -> Collection[str]:
        """Suffixes of the preset files that the plugin may have written."""
        return self.spec.source.host.preset_suffixes

    @property
    def version(self) -> str:
        """Version of the host, hash of the plugin, and policy."""
        return f"{self.spec.host_version}, {self.spec.fingerprint}, {self.policy}"

    @property
    def quarantined(self) -> int:
        """Number of presets that failed twice and are not tried again."""
        return len(self._quarantine)

    @property
    def pids(self) -> list[int]:
        """IDs of the processes that serve the workers."""
        with self._lock:
            return [line.pid for line in self._lines]

    def render(self, values: Array, performance: Performance) -> Renderings:
        """Render presets; see `patchwright.synths.rendering.Synth.render`.

        Raises:
            SynthError: If the values do not fit the space, the host cannot play the performance,
                or the plugin no longer loads.
        """
        rows = self.space.snap(values)
        jobs = [(row.tobytes(), Play(row, performance)) for row in rows]
        return self._play_all(jobs, performance)

    def render_programs(self, numbers: Sequence[int], performance: Performance) -> Renderings:
        """Render programs of the plugin as it has them, with what they hold beyond parameters.

        Args:
            numbers: Numbers of `n` programs, counted from 0.
            performance: Notes that every program plays.

        Returns:
            The `n` renders.
        """
        jobs = [(number, PlayProgram(number, performance)) for number in numbers]
        return self._play_all(jobs, performance)

    def programs(self) -> list[Program]:
        """Read the programs of the plugin; none if it, its format or its host shows none.

        Raises:
            SynthError: If the plugin crashes, or needs more than two minutes.
        """
        reply = self._ask(ReadPrograms(), self.spec.source.sr)
        if reply.status != "done":
            raise SynthError(
                f"{self.name} {_FAILED[reply.status]} while its programs were read: name presets "
                "as files instead."
            )
        found: list[Program] = reply.result
        return found

    def save_state(self, values: Array) -> bytes:
        """Save values as one of the plugin's own preset files.

        Args:
            values: Normalised values, `[P]`.

        Returns:
            Content of the file.
        """
        content: bytes = self._demand(SaveState(self.space.snap(values[np.newaxis])[0]))
        return content

    def load_state(self, data: bytes) -> Array:
        """Read one of the plugin's own preset files.

        Args:
            data: Content of the file.

        Returns:
            Normalised values, `[P]`.

        Raises:
            SynthError: If the plugin rejects it.
        """
        values = np.clip(self._demand(LoadState(data)), 0, 1)
        row: Array = self.space.snap(values[np.newaxis])[0]
        return row

    def read_back(self, values: Array) -> Array:
        """Set values `[n, P]`, and return the values that the plugin then reports, `[n, P]`."""
        rows = self.space.snap(values)
        reported = np.empty_like(rows)

        def one(place: int) -> None:
            reported[place] = self._demand(ReadBack(rows[place]))

        self._each(one, len(rows))
        return reported

    def close(self) -> None:
        """End all processes at once."""
        with self._lock:
            self._closed = True
            lines, processes = list(self._lines), list(self._loaded.values())
        for line in lines:
            line.end()
        for process in processes:
            process.kill()
        self._idle.put(Future())  # wakes one waiting thread, which puts it back for the next
        self._threads.shutdown(cancel_futures=True)
        self._starter.shutdown(cancel_futures=True)
        for line in list(self._lines):
            self._discard(line)
        self._unload(list(self._loaded))

    def __enter__(self) -> "RenderPool":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _each(self, call: Callable[[int], None], n: int) -> None:
        if n == 1:
            call(0)
        else:
            list(self._threads.map(call, range(n)))

    def _play_all(
        self, jobs: Sequence[tuple[bytes | int, Play | PlayProgram]], performance: Performance
    ) -> Renderings:
        """Run jobs that play, each with the key by which it is known if it fails."""
        shape = (len(jobs), self.described.channels, performance.samples)
        audio = np.zeros(shape, np.float32)
        status, seconds = np.zeros(len(jobs), np.int8), np.zeros(len(jobs))

        def one(place: int) -> None:
            key, job = jobs[place]
            status[place], seconds[place] = self._play(key, job, performance, audio[place])

        self._each(one, len(jobs))
        return Renderings(audio, status, seconds)

    def _play(
        self,
        key: bytes | int,
        job: Play | PlayProgram,
        performance: Performance,
        out: NDArray[np.float32],
    ) -> tuple[Status, float]:
        known = self._quarantine.get((key, performance))
        if known is not None:
            return known, 0.0
        started = time.perf_counter()
        for _ in range(_TRIES):
            reply = self._ask(job, performance.sr, out)
            if reply.status == "done":
                return Status(judge(out[np.newaxis])[0]), reply.seconds
        status = self._quarantine[key, performance] = _FAILURES[reply.status]
        return status, time.perf_counter() - started

    def _demand(self, job: Job) -> Any:
        reply = self._ask(job, self.spec.source.sr)
        if reply.status != "done":
            raise SynthError(f"{self.name} {_FAILED[reply.status]} with this preset: try another.")
        return reply.result

    def _ask(self, job: Job, sr: int, out: NDArray[np.float32] | None = None) -> Reply:
        # a process that was killed from outside, at most one per worker, is not the preset's fault
        for _ in range(self.workers + 1):
            reply = self._ask_once(job, sr, out)
            if reply.status != "lost":
                break
        return reply

    def _ask_once(self, job: Job, sr: int, out: NDArray[np.float32] | None) -> Reply:
        line = self._take(sr)
        try:
            if line.source.sr != sr:
                self._discard(line)
                line = self._opening(sr).result()
            reply = line.ask(job, _READING if isinstance(job, ReadPrograms) else self.deadline)
            if reply.status == "done" and out is not None:
                line.read(out)
        finally:
            # a program may leave more than parameters behind, except in a fork
            spoilt = isinstance(job, ReadPrograms | PlayProgram) and self.policy is not Policy.fork
            self._give_back(line, sr, spoilt=spoilt)
        if self._closed:
            raise SynthError(_CLOSED)
        if reply.status == "rejected":
            raise SynthError(reply.result)
        return reply

    def _take(self, sr: int) -> Line:
        """Wait for an idle line."""
        ready = self._idle.get()
        if self._closed:
            self._idle.put(ready)
            raise SynthError(_CLOSED)
        try:
            return ready.result()
        except CancelledError:  # the pool was closed before the line was opened
            self._idle.put(ready)
            raise SynthError(_CLOSED) from None
        except SynthError:
            self._open_another(sr)  # or the next caller would wait forever
            raise

    def _give_back(self, line: Line, sr: int, *, spoilt: bool) -> None:
        if line.alive and self.policy is not Policy.respawn and not spoilt:
            self._put(line)
            return
        self._discard(line)
        self._open_another(sr)

    def _put(self, line: Line) -> None:
        ready: Future[Line] = Future()
        ready.set_result(line)
        self._idle.put(ready)

    def _discard(self, line: Line) -> None:
        with self._lock:
            self._lines.discard(line)
        line.close()

    def _open_another(self, sr: int) -> None:
        """Open a line in the background, unless the pool is closed."""
        with contextlib.suppress(SynthError):
            self._idle.put(self._opening(sr))

    def _opening(self, sr: int) -> Future[Line]:
        """Begin to open a line."""
        with self._lock:
            if self._closed:
                raise SynthError(_CLOSED)
            return self._starter.submit(self._open, sr)

    def _open(self, sr: int) -> Line:
        """Open a line, with other processes if the first end while they load."""
        left = _LOADS
        while True:
            try:
                return self._try_to_open(sr)
            except LoadCrashError as error:
                if self._closed:  # which ended the process
                    raise SynthError(_CLOSED) from None
                left -= 1
                if not left:
                    raise
                _log.warning("Trying again: %s", error)

    def _try_to_open(self, sr: int) -> Line:
        if self.policy is Policy.fork:
            with self._loading:
                line = self._load(sr).open_line()
                self._unload(rate for rate, old in self._loaded.items() if not old.lines)
        else:
            line = PluginProcess(self.spec.source_at(sr), self.policy).open_line()
        with self._lock:
            self._lines.add(line)
            closed = self._closed
        if closed:
            line.end()
        return line

    def _load(self, sr: int) -> PluginProcess:
        """Return the process whose forks render at a sample rate, loaded once."""
        process = self._loaded.get(sr)
        if process is None or not process.alive:
            self._unload([sr] if process else [])
            process = self._loaded[sr] = PluginProcess(self.spec.source_at(sr), self.policy)
        return process

    def _unload(self, rates: Iterable[int]) -> None:
        for sr in list(rates):
            self._loaded.pop(sr).close()

    def _fill(self) -> None:
        spares = 2 if self.policy is Policy.respawn else 1  # one plays while another loads
        for _ in range(self.workers * spares - self._idle.qsize()):
            self._open_another(self.spec.source.sr)

    def _describe(self) -> Described:
        for _ in range(_TRIES):
            line = self._opening(self.spec.source.sr).result()
            reply = line.ask(Describe(), 60.0)
            if line.alive and self.policy is Policy.fork:
                self._put(line)  # unchanged: a fork has replied
                break
            self._discard(line)
            if reply.status not in ("crashed", "lost"):
                break
        if reply.status == "rejected":
            raise SynthError(reply.result)
        if reply.status != "done":
            raise SynthError(
                f"{self.name} {_FAILED[reply.status]} while its parameters were read: check "
                "whether another program can show them."
            )
        described: Described = reply.result
        return described

    def _check_fork(self) -> None:
        """Play a short note: a plugin that needs its threads, which a fork lacks, fails here."""
        if self.policy is not Policy.fork:
            return
        out = np.empty((self.described.channels, _PROBE.samples), np.float32)
        status = self._ask(Play(self.space.defaults, _PROBE), _PROBE.sr, out).status
        if status == "done":
            return
        _log.warning(
            "%s %s in a fork of its process: every render starts a new process instead, which is "
            "slow.",
            self.name,
            _FAILED[status],
        )
        self.policy = Policy.respawn
        for _ in range(self.workers):
            self._discard(self._take(_PROBE.sr))
        self._unload(list(self._loaded))
        self._fill()
