"""A process that keeps a plugin as it was after loading, and forks itself for every job of a line.

One fork always waits: it takes the next job from the line, and replies on the line. The keeper
makes the next fork as soon as a job has begun. It ends a fork that exceeds its deadline, and
replies in place of one that does or that crashes. So a job starts from the same state whatever was
rendered before, and a crash, a leak or a hang ends with the fork.

When the line is closed, the waiting fork ends, and then the keeper. On Linux each process is also
killed when its parent ends.
"""

import os
import struct
import time
from collections.abc import Callable

import numpy as np

from patchwright.synths.plugins import platform
from patchwright.synths.plugins.channel import Channel
from patchwright.synths.plugins.hosts.host import Host
from patchwright.synths.plugins.jobs import Play, Reply, run
from patchwright.synths.plugins.pages import WrittenPages, own

_BEGUN = struct.Struct("=d")  # with the deadline in seconds
_DONE = b"."  # comes right before the reply on the line


class Keeper:
    """A server of jobs in forks.

    Args:
        line: Channel of jobs and replies.
        memory: Descriptor of the shared memory for audio.
        host: Host with the plugin that has not played yet.
    """

    def __init__(self, line: Channel, memory: int, host: Host) -> None:
        self._line = line
        self._memory = memory
        self._host = host
        self._pages = WrittenPages()

    def serve(self) -> None:
        """Serve jobs until the line is closed."""
        waiting = _Fork(self._play_one)
        while begun := waiting.hear(_BEGUN.size):
            started = time.perf_counter()
            (deadline,) = _BEGUN.unpack(begun)
            playing, waiting = waiting, _Fork(self._play_one)
            if not self._watch(playing, waiting, started, deadline):
                break
        waiting.end(kill=True)

    def _play_one(self, events: int) -> None:
        """Wait for one job and do it, in a fork."""
        self._pages.copy()
        job, deadline = self._line.receive()
        os.write(events, _BEGUN.pack(deadline))
        reply = run(job, self._host, self._memory)
        os.write(events, _DONE)
        self._line.send(reply)
        if self._pages.learning and isinstance(job, Play):
            os.write(events, own().tobytes())

    def _watch(self, playing: "_Fork", waiting: "_Fork", started: float, deadline: float) -> bool:
        """Wait until a fork ends; return whether the line can go on."""
        left = max(started + deadline - time.perf_counter(), 0.0)
        ready = platform.ready([playing.events, waiting.events], left)
        if playing.events not in ready:
            playing.end(kill=True)
            if waiting.events in ready:  # it ended, because the line is closed
                return False
            self._line.send(Reply("timeout", None, time.perf_counter() - started))
        elif not playing.hear(len(_DONE)):
            code = playing.end()
            self._line.send(Reply("crashed", code, time.perf_counter() - started))
        else:
            pages = playing.rest()
            if playing.end() != 0:  # its reply may be missing
                return False
            if pages and self._pages.learning:
                self._pages.add(np.frombuffer(pages, np.int64))
        return True


class _Fork:
    """A fork of this process that calls `target` with the descriptor of a pipe, and ends.

    Attributes:
        events: Descriptor of the pipe's other end.
    """

    def __init__(self, target: Callable[[int], None]) -> None:
        self.events, theirs = os.pipe()
        parent = os.getpid()
        self._pid = platform.fork()
        if self._pid == 0:
            code = 1
            try:
                platform.die_with(parent)
                target(theirs)
                code = 0
            finally:
                os._exit(code)  # never continue in the code of the copied process
        os.close(theirs)

    def hear(self, size: int) -> bytes:
        """Wait for an event; it is empty if the fork ended."""
        return os.read(self.events, size)

    def rest(self) -> bytes:
        """Wait until the fork ends, and return what it wrote."""
        parts = []
        while part := os.read(self.events, 2**16):
            parts.append(part)
        return b"".join(parts)

    def end(self, *, kill: bool = False) -> int:
        """Wait until the fork ends; return its exit code, negative for a signal."""
        if kill:
            platform.kill(self._pid)
        os.close(self.events)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
