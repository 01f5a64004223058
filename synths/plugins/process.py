"""The near end of one plugin process."""

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
from patchwright.synths.plugins.diagnosis import why_not_loading
from patchwright.synths.plugins.jobs import MAX_CHANNELS, Job, Play, Policy, Source
from patchwright.synths.plugins.snapshot import Answer

_LOAD_SECONDS = 120.0
_GRACE = 2.0  # seconds after a deadline at which the process itself is thought to hang
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads cannot be forked safely
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
}


class PluginProcess:
    """A process with one plugin; started and loaded when the constructor returns.

    Args:
        source: The plugin.
        policy: What is done before each job.

    Raises:
        SynthError: If the plugin does not load; the message says why.
    """

    def __init__(self, source: Source, policy: Policy) -> None:
        if not platform.can_pass_descriptors():
            raise SynthError(
                "Plugins cannot be played on Windows: choose a built-in synth, such as "
                "subtractive, or run Patchwright in the Windows Subsystem for Linux."
            )
        self.source = source
        self.policy = policy
        self.alive = True
        self._memory = platform.anonymous_file()
        self._shared: mmap.mmap | None = None  # the same memory, as seen from here
        near, far = socket.socketpair()
        # plugins write what they like to their output; the last line helps to tell why one crashed
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        with far:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-m",
                    "patchwright.synths.plugins.snapshot",
                    str(far.fileno()),
                    str(self._memory),
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                pass_fds=(far.fileno(), self._memory),
                start_new_session=True,  # a Ctrl-C is for the asking process
                env=os.environ | _ENVIRONMENT,
            )
        self._connection = Connection(near.detach())
        try:
            self._connection.send((source, policy))
            outcome, message, _ = self._receive(_LOAD_SECONDS)
            if outcome != "done":
                raise SynthError(self._load_failure(outcome, message))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, job: Job, deadline: float) -> Answer:
        """Have a job done; afterwards `alive` says whether the process can be asked again.

        Args:
            job: What to do.
            deadline: Seconds after which it is given up.

        Returns:
            What happened.
        """
        if isinstance(job, Play):
            self._reserve(MAX_CHANNELS * job.performance.samples * 4)
        forked = self.policy is Policy.fork  # then the process keeps the deadline itself
        try:
            self._connection.send((job, deadline))
        except (BrokenPipeError, ConnectionResetError):
            self.alive = False
            return ("gone", None, 0.0)
        outcome, result, seconds = self._receive(deadline + _GRACE if forked else deadline)
        if forked and not self.alive and outcome == "crashed":  # a job ends its fork alone
            outcome = "gone"
        return outcome, result, seconds

    def read(self, out: NDArray[np.float32]) -> None:
        """Fill `out` `[c, t]` with the audio of the last `Play`."""
        if self._shared is not None:
            out[...] = np.frombuffer(self._shared, np.float32, out.size).reshape(out.shape)

    def kill(self) -> None:
        """End the process at once; may be called while another thread waits for an answer."""
        self.alive = False
        self._process.kill()

    def close(self) -> None:
        """End the process, and free what belongs to it; nobody may wait for it any more."""
        self.kill()
        self._process.wait()
        self._connection.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
            self._said.close()

    def _receive(self, seconds: float) -> Answer:
        try:
            if self._connection.poll(seconds):
                answer: Answer = self._connection.recv()
                return answer
        except (EOFError, OSError):
            return self._dead(seconds)
        self.alive = False
        return ("timeout", None, seconds)

    def _dead(self, seconds: float) -> Answer:
        self.alive = False
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_GRACE)
        return ("crashed", code, seconds)

    def _reserve(self, size: int) -> None:
        if self._shared is None or size > len(self._shared):
            os.ftruncate(self._memory, size)
            self._shared = mmap.mmap(self._memory, size)

    def _load_failure(self, outcome: str, message: object) -> str:
        plugin = self.source.plugin
        reason = why_not_loading(plugin) if plugin is not None else None
        if reason is not None:
            return reason
        if outcome == "refused":
            return str(message)
        what = plugin or self.source.host
        if outcome == "timeout":
            return f"{what} was not loaded after {_LOAD_SECONDS:g} s: does it wait for a window?"
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        said = f" and last said {lines[-1][:200]!r}" if lines else ""
        ended = f"signal {-message}" if isinstance(message, int) and message < 0 else "an error"
        if platform.LINUX and not os.environ.get("DISPLAY"):
            mend = "if it needs a display, start it under xvfb-run"
        else:
            mend = "see whether another program can load it"
        return f"{what} ended with {ended} while it was loaded{said}: {mend}."
