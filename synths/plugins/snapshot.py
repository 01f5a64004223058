"""The process that holds one plugin in the state that it has right after loading.

Started as ``python -P -m patchwright.synths.plugins.snapshot SOCKET MEMORY PARENT``.

Under the policy `fork` the plugin never plays in this process. Every job runs in a fork of it, so
that it starts from the same state whatever was rendered before, and a crash, a leak or a hang ends
with the fork. The fork for the next job is made while the current job runs. Under the other
policies jobs run in this process, and the parent process kills it if it hangs.

The process ends when its socket is closed, so it never outlives the process that started it. On
Linux it ends then even if a job is running in it.
"""

import contextlib
import gc
import os
import sys
import time
from multiprocessing.connection import Connection, Pipe, wait

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.hosts.host import Host
from patchwright.synths.plugins.jobs import Job, PluginSource, Policy, Reply


class _ForkedPlayer:
    """A fork that waits for one job.

    Args:
        host: Host with the plugin that has not played yet.
        memory: Descriptor of the shared memory.
        private: Connections that the fork must not hold open.
    """

    def __init__(self, host: Host, memory: int, private: list[Connection]) -> None:
        self.connection, theirs = Pipe()
        parent = os.getpid()
        self.pid = platform.fork()
        if self.pid == 0:
            code = 1
            try:
                platform.die_with(parent)
                for connection in (*private, self.connection):
                    connection.close()
                theirs.send(_run(theirs.recv(), host, memory))
                code = 0
            finally:
                os._exit(code)  # never continue into the loop of the copied process
        theirs.close()

    def end(self, *, kill: bool) -> int:
        """Wait until the fork ends; return its exit code, negative for a signal."""
        if kill:
            platform.kill(self.pid)
        self.connection.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Snapshot:
    """A server of jobs for one plugin.

    Args:
        connection: Connection to the parent process.
        memory: Descriptor of the shared memory for audio.
        source: Plugin to load.
        policy: Way to bring the plugin to a known state before each job.
    """

    def __init__(
        self, connection: Connection, memory: int, source: PluginSource, policy: Policy
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._source = source
        self._policy = policy
        self._host = source.open()
        self._next: _ForkedPlayer | None = None
        gc.collect()
        gc.freeze()  # so that garbage collection in a fork copies no pages

    def serve(self) -> None:
        """Run jobs until the connection is closed."""
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            if self._policy is Policy.fork:
                self._next = self._fork()
            while True:
                job, deadline = self._connection.recv()
                if self._next is not None:
                    self._run_in_fork(self._next, job, deadline)
                else:
                    self._connection.send(self._run_here(job, deadline))
        if self._next is not None:
            self._next.end(kill=True)

    def _fork(self) -> _ForkedPlayer:
        return _ForkedPlayer(self._host, self._memory, [self._connection])

    def _run_in_fork(self, player: _ForkedPlayer, job: Job, deadline: float) -> None:
        started = time.perf_counter()
        player.connection.send(job)
        self._next = self._fork()
        left = max(deadline - (time.perf_counter() - started), 0.0)
        ready = wait([player.connection, self._connection], left)
        if player.connection not in ready:
            player.end(kill=True)
            if self._connection in ready:  # the parent process has ended
                raise EOFError
            self._connection.send(Reply("timeout", None, time.perf_counter() - started))
            return
        try:
            reply: Reply = player.connection.recv()
        except EOFError:
            code = player.end(kill=False)
            self._connection.send(Reply("crashed", code, time.perf_counter() - started))
            return
        self._connection.send(reply)
        player.end(kill=True)  # its plugin must not delay the end

    def _run_here(self, job: Job, deadline: float) -> Reply:
        # ends a hanging job if the parent process, which would end it sooner, is gone
        platform.set_alarm(deadline + 1)
        if self._policy is Policy.reset:
            self._host.reset()
        elif self._policy is Policy.reinstantiate:
            self._host = self._source.open()
        reply = _run(job, self._host, self._memory)
        platform.set_alarm(0)
        return reply


def _run(job: Job, host: Host, memory: int) -> Reply:
    started = time.perf_counter()
    try:
        result = job.run(host, memory)
    except SynthError as error:
        return Reply("rejected", str(error), time.perf_counter() - started)
    return Reply("done", result, time.perf_counter() - started)


def main(arguments: list[str]) -> None:
    """Load the plugin, report the outcome, and serve jobs."""
    socket, memory, parent = map(int, arguments)
    platform.die_with(parent)
    platform.prepare_plugin_process()
    connection = Connection(socket)
    source, policy = connection.recv()
    try:
        snapshot = Snapshot(connection, memory, source, policy)
    except SynthError as error:
        connection.send(Reply("rejected", str(error), 0.0))
        return
    connection.send(Reply("done", None, 0.0))
    snapshot.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
