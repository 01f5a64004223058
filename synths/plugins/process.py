"""The parent's side of one plugin process."""

import contextlib
import mmap
import os
import socket
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.diagnosis import (
    may_load_later,
    why_it_died,
    why_not_loading,
)
from patchwright.synths.plugins.jobs import (
    MAX_CHANNELS,
    Job,
    JobStatus,
    Play,
    PlayProgram,
    PluginSource,
    Policy,
    Reply,
)

_LOAD_SECONDS = 120.0
_GRACE = 2.0  # seconds after a deadline before the process itself counts as hanging
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads cannot be forked safely
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
}


class LoadCrashError(SynthError):
    """A plugin's process that ended while it loaded, which another try may not do."""


class PluginProcess:
    """A process with one plugin, which is loaded when the constructor returns.

    Args:
        source: Plugin to load.
        policy: Way to bring the plugin to a known state before each job.

    Attributes:
        alive: Whether the process can run more jobs.

    Raises:
        LoadCrashError: If the process is killed or crashes while the plugin loads.
        SynthError: If the plugin does not load, with the reason, if too many files or processes are
            open, or if the platform is Windows.
    """

    def __init__(self, source: PluginSource, policy: Policy) -> None:
        if not platform.can_pass_descriptors():
            raise SynthError(
                "Plugins cannot be played on Windows: choose a built-in synth, such as "
                "subtractive, or run Patchwright in the Windows Subsystem for Linux."
            )
        self.source = source
        self.policy = policy
        self.alive = True
        self._shared: mmap.mmap | None = None  # the memory for audio, mapped here
        try:
            self._launch()
        except OSError as error:
            raise SynthError(platform.shortage(error) or str(error)) from error
        try:
            try:
                self._connection.send((source, policy))
                status, result, _ = self._receive(_LOAD_SECONDS)
            except (BrokenPipeError, ConnectionResetError):
                status, result, _ = self._dead(0.0)
            if status != "done":
                raise self._load_failure(status, result)
        except BaseException:
            self.close()
            raise

    def _launch(self) -> None:
        """Start the process; what was opened is closed again if that fails."""
        with contextlib.ExitStack() as failing:
            self._memory = platform.anonymous_file()
            failing.callback(os.close, self._memory)
            near, far = map(failing.enter_context, socket.socketpair())
            # the last line that a plugin printed helps to explain why it crashed
            self._output = failing.enter_context(tempfile.TemporaryFile())
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-P",  # no modules from the current folder
                    "-m",
                    "patchwright.synths.plugins.snapshot",
                    str(far.fileno()),
                    str(self._memory),
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=(far.fileno(), self._memory),
                start_new_session=True,  # Ctrl-C reaches only the parent process
                env=os.environ | _ENVIRONMENT,
            )
            far.close()
            self._connection = Connection(near.detach())
            failing.pop_all()

    @property
    def pid(self) -> int:
        """Process ID."""
        return self._process.pid

    def ask(self, job: Job, deadline: float) -> Reply:
        """Run a job; afterwards `alive` tells whether the process can run another.

        Args:
            job: Job to run.
            deadline: Time limit of the job in seconds.

        Returns:
            The reply; its status is ``lost`` if the process had ended before the job began.
        """
        if isinstance(job, Play | PlayProgram):
            self._reserve(MAX_CHANNELS * job.performance.samples * 4)
        forked = self.policy is Policy.fork  # then the process enforces the deadline itself
        try:
            self._connection.send((job, deadline))
        except (BrokenPipeError, ConnectionResetError):
            self.alive = False
            return Reply("lost", None, 0.0)
        reply = self._receive(deadline + _GRACE if forked else deadline)
        if forked and not self.alive and reply.status == "crashed":  # a job ends only its fork
            reply = reply._replace(status="lost")
        return reply

    def read(self, out: NDArray[np.float32]) -> None:
        """Fill `out` `[c, t]` with the audio of the last job that played."""
        if self._shared is not None:
            out[...] = np.frombuffer(self._shared, np.float32, out.size).reshape(out.shape)

    def kill(self) -> None:
        """End the process at once; another thread may be waiting for a reply."""
        self.alive = False
        self._process.kill()

    def close(self) -> None:
        """End the process and free its resources; no thread may be waiting for a reply."""
        self.kill()
        self._process.wait()
        self._connection.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
            self._output.close()

    def _receive(self, seconds: float) -> Reply:
        try:
            if self._connection.poll(seconds):
                reply: Reply = self._connection.recv()
                return reply
        except (EOFError, OSError):
            return self._dead(seconds)
        self.alive = False
        return Reply("timeout", None, seconds)

    def _dead(self, seconds: float) -> Reply:
        self.alive = False
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_GRACE)
        return Reply("crashed", code, seconds)

    def _reserve(self, size: int) -> None:
        if self._shared is None or size > len(self._shared):
            os.ftruncate(self._memory, size)
            self._shared = mmap.mmap(self._memory, size)

    def _load_failure(self, status: JobStatus, result: object) -> SynthError:
        plugin = self.source.plugin
        reason = why_not_loading(plugin) if plugin is not None else None
        if reason is not None:
            return SynthError(reason)
        if status == "rejected":
            return SynthError(str(result))
        name = str(plugin or self.source.host.name)
        if status == "timeout":
            return SynthError(
                f"{name} did not load within {_LOAD_SECONDS:g} s: if it waits for a window to be "
                "closed, open it once in another program."
            )
        self._output.seek(0)
        lines = self._output.read().decode("utf-8", "replace").splitlines()
        code = result if isinstance(result, int) else None
        kind = LoadCrashError if may_load_later(code, lines) else SynthError
        return kind(why_it_died(name, code, lines))
