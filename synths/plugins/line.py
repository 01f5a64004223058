"""The parent's end of a line of jobs to a plugin."""

import contextlib
import mmap
import os
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.plugins import platform
from patchwright.synths.plugins.channel import Channel
from patchwright.synths.plugins.hosts.host import MAX_CHANNELS
from patchwright.synths.plugins.jobs import (
    Job,
    Play,
    PlayProgram,
    PluginSource,
    Reply,
)

_GRACE = 2.0  # seconds after a deadline, or after closing, before a process counts as hanging


class Line:
    """A socket for jobs, the process that serves it, and memory for audio.

    Args:
        channel: Channel over the socket.
        memory: Descriptor of the memory; None if audio comes with the replies.
        pid: ID of the process.
        source: The plugin.
        keeper: Whether jobs run in forks of the process, which enforces the deadlines.
        closed: Called when the line is closed.

    Attributes:
        alive: Whether the line can run more jobs.
        pid: ID of the process.
        source: The plugin.
    """

    def __init__(
        self,
        channel: Channel,
        memory: int | None,
        pid: int,
        source: PluginSource,
        *,
        keeper: bool,
        closed: Callable[["Line"], None],
    ) -> None:
        self.alive = True
        self.pid = pid
        self.source = source
        self._channel = channel
        self._memory = memory
        self._shared: mmap.mmap | None = None  # the memory, mapped here
        self._audio: NDArray[np.float32] | None = None  # of the last reply, without memory
        self._keeper = keeper
        self._closed = closed
        self._open = True
        self._asking = threading.Lock()  # a job runs, or the line is being closed
        self._ending = threading.Lock()

    def ask(self, job: Job, deadline: float) -> Reply:
        """Run a job; afterwards `alive` tells whether the line can run another.

        Args:
            job: Job to run.
            deadline: Time limit of the job in seconds.

        Returns:
            The reply; its status is ``lost`` if the process ended for a reason other than the job,
            or the line was ended.
        """
        with self._asking:
            if not self.alive:
                return Reply("lost", None, 0.0)
            return self._ask(job, deadline)

    def _ask(self, job: Job, deadline: float) -> Reply:
        if isinstance(job, Play | PlayProgram):
            self._reserve(MAX_CHANNELS * job.performance.samples * 4)
        # what can be read before anything was asked is the end of the process
        if not self._keeper and platform.ready([self._channel.file], 0.0):
            self.alive = False
            return Reply("lost", None, 0.0)
        try:
            self._channel.send((job, deadline))
            if platform.ready([self._channel.file], deadline + _GRACE * self._keeper):
                reply: Reply = self._channel.receive()
                if self._memory is None and isinstance(reply.result, np.ndarray):
                    self._audio = reply.result
                return reply
        except EOFError:
            self.alive = False  # a job ends only its fork
            return Reply("lost" if self._keeper else "crashed", None, deadline)
        except ConnectionError:
            self.alive = False
            # Windows ends the connections of any process so, not only with messages left in them
            return Reply("crashed" if self._memory is None else "lost", None, 0.0)
        self.alive = False
        return Reply("timeout", None, deadline)

    def read(self, out: NDArray[np.float32]) -> None:
        """Fill `out` `[c, t]` with the audio of the last job that played."""
        if self._audio is not None:
            out[...] = self._audio
        elif self._shared is not None:
            out[...] = np.frombuffer(self._shared, np.float32, out.size).reshape(out.shape)

    def end(self) -> None:
        """End the process at once; another thread may be waiting for a reply."""
        self.alive = False
        with self._ending:
            if self._open and self._keeper:
                platform.finish(self._channel.file)  # it ends when there is no more to read
            elif self._open:
                platform.kill(self.pid)

    def close(self) -> None:
        """End the process and free its resources; a thread that waits for a reply gets it first."""
        self.end()
        with self._asking:
            if not self._open:
                return
            if self._keeper and not self._ended():
                platform.kill(self.pid)
            with self._ending:
                self._open = False
                self._channel.close()
                if self._memory is not None:
                    os.close(self._memory)
        self._closed(self)

    def _ended(self) -> bool:
        """Wait until no process has the other end open; return whether that is so."""
        until = time.monotonic() + _GRACE
        while platform.ready([self._channel.file], max(until - time.monotonic(), 0.0)):
            with contextlib.suppress(ConnectionError):
                if os.read(self._channel.file, 2**16):
                    continue
            return True
        return False

    def _reserve(self, size: int) -> None:
        if self._memory is None:
            return
        if self._shared is None or size > len(self._shared):
            os.ftruncate(self._memory, size)
            self._shared = mmap.mmap(self._memory, size)
