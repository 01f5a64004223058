"""The process that holds one pristine plugin.

Started as ``python -m patchwright.synths.plugins.snapshot SOCKET MEMORY PARENT``.

With the policy `fork` the plugin never plays here. Every job runs in a fork of this process, so it
starts from the same state, whatever was rendered before, and a crash, a leak or a hang is gone
with the fork. The fork for the next job is made while the present one is at work. With the other
policies jobs run in this process itself, and whoever asks has to kill it when it hangs.

The process ends when its socket is closed, so it never outlives the one that started it; Linux
ends it also in the middle of a job that runs in it.
"""

import contextlib
import gc
import os
import sys
import time
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Literal

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.hosts.host import Host
from patchwright.synths.plugins.jobs import Job, Policy, Source

# "gone": the process had ended by itself, whatever it was asked
Outcome = Literal["done", "refused", "timeout", "crashed", "gone"]
Answer = tuple[Outcome, Any, float]  # what happened, what came of it, seconds


class _Player:
    """A fork that waits for one job.

    Args:
        host: Of the pristine plugin.
        memory: Shared with the asking process.
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
                theirs.send(_perform(theirs.recv(), host, memory))
                code = 0
            finally:
                os._exit(code)  # never on into the loop of the process that was copied
        theirs.close()

    def end(self, *, kill: bool) -> int:
        """Wait for the fork's end; its exit code, negative for a signal."""
        if kill:
            platform.kill(self.pid)
        self.connection.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Snapshot:
    """Serves one connection with one plugin.

    Args:
        connection: To whom asks.
        memory: File descriptor of the memory for audio.
        source: The plugin.
        policy: What is done before each job.
    """

    def __init__(self, connection: Connection, memory: int, source: Source, policy: Policy) -> None:
        self._connection = connection
        self._memory = memory
        self._source = source
        self._policy = policy
        self._host = source.open()
        self._spare: _Player | None = None
        gc.collect()
        gc.freeze()  # so that collecting in a fork copies no pages

    def serve(self) -> None:
        """Answer jobs until the connection is closed."""
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            if self._policy is Policy.fork:
                self._spare = self._fork()
            while True:
                job, deadline = self._connection.recv()
                if self._spare is not None:
                    self._answer_in_fork(self._spare, job, deadline)
                else:
                    self._connection.send(self._answer_here(job, deadline))
        if self._spare is not None:
            self._spare.end(kill=True)

    def _fork(self) -> _Player:
        return _Player(self._host, self._memory, [self._connection])

    def _answer_in_fork(self, player: _Player, job: Job, deadline: float) -> None:
        started = time.perf_counter()
        player.connection.send(job)
        self._spare = self._fork()
        left = max(deadline - (time.perf_counter() - started), 0.0)
        ready = wait([player.connection, self._connection], left)
        if player.connection not in ready:
            player.end(kill=True)
            if self._connection in ready:  # nobody waits any more
                raise EOFError
            self._connection.send(("timeout", None, time.perf_counter() - started))
            return
        try:
            answer: Answer = player.connection.recv()
        except EOFError:
            code = player.end(kill=False)
            self._connection.send(("crashed", code, time.perf_counter() - started))
            return
        self._connection.send(answer)
        player.end(kill=True)  # it has nothing more to do, whatever its plugin thinks

    def _answer_here(self, job: Job, deadline: float) -> Answer:
        # ends the process in a hang that nobody is left to end; the asking one is quicker
        platform.set_alarm(deadline + 1)
        if self._policy is Policy.reset:
            self._host.reset()
        elif self._policy is Policy.reinstantiate:
            self._host = self._source.open()
        answer = _perform(job, self._host, self._memory)
        platform.set_alarm(0)
        return answer


def _perform(job: Job, host: Host, memory: int) -> Answer:
    started = time.perf_counter()
    outcome: Outcome = "done"
    try:
        result = job.run(host, memory)
    except SynthError as error:
        outcome, result = "refused", str(error)
    return outcome, result, time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Load what the connection names, say so, and serve."""
    socket, memory, parent = map(int, arguments)
    platform.die_with(parent)
    platform.prepare_plugin_process()
    connection = Connection(socket)
    source, policy = connection.recv()
    try:
        snapshot = Snapshot(connection, memory, source, policy)
    except SynthError as error:
        connection.send(("refused", str(error), 0.0))
        return
    connection.send(("done", None, 0.0))
    snapshot.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
