"""The process that holds one plugin in the state that it has right after loading.

Started as ``python -P -m patchwright.synths.plugins.snapshot SOCKET PARENT``, with ``port:NUMBER``
for SOCKET where none can be inherited.

It receives the plugin to load, and then lines: pairs of a socket for jobs and memory for audio.
Under the policy `fork` the plugin never plays in this process, which forks a keeper for each line,
so that all lines start from the same state. Under the other policies it has one line, whose jobs
run here, and the parent process kills it if it hangs.

The process ends when its socket is closed, so it never outlives the process that started it. On
Linux it ends then even if a job is running in it.
"""

import contextlib
import gc
import os
import socket
import sys

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.channel import Channel
from patchwright.synths.plugins.hosts.host import Host
from patchwright.synths.plugins.jobs import PluginSource, Policy, Reply, run
from patchwright.synths.plugins.keeper import Keeper
from patchwright.synths.plugins.pages import gather


def _fork_keepers(control: Channel, host: Host) -> None:
    """Fork a keeper for each line that is received."""
    gather()
    gc.collect()
    gc.freeze()  # so that garbage collection in a fork copies no pages
    parent = os.getpid()
    while True:
        end, memory = platform.receive_files(control.file, 2)
        platform.reap()
        try:
            pid = platform.fork()
        except OSError as error:
            control.send(Reply("rejected", platform.shortage(error) or str(error), 0.0))
        else:
            if pid == 0:
                try:
                    platform.die_with(parent)
                    platform.start_session()
                    control.close()
                    Keeper(Channel(socket.socket(fileno=end)), memory, host).serve()
                finally:
                    os._exit(0)  # never continue in the code of the copied process
            control.send(Reply("done", pid, 0.0))
        os.close(end)
        os.close(memory)


def _play_here(control: Channel, host: Host, source: PluginSource, policy: Policy) -> None:
    """Run the jobs of one line in this process."""
    line, memory = control, None
    if platform.can_pass_descriptors():
        end, memory = platform.receive_files(control.file, 2)
        line = Channel(socket.socket(fileno=end))
    control.send(Reply("done", os.getpid(), 0.0))
    while True:
        job, deadline = line.receive()
        # ends a hanging job if the parent process, which would end it sooner, is gone
        platform.set_alarm(deadline + 1)
        if policy is Policy.reset:
            host.reset()
        elif policy is Policy.reinstantiate:
            host = source.open()
        reply = run(job, host, memory)
        platform.set_alarm(0)
        line.send(reply)


def _reach(end: str) -> Channel:
    """Return the channel to the process that started this one."""
    kind, _, number = end.rpartition(":")
    if not kind:
        return Channel(socket.socket(fileno=int(number)))
    from patchwright.synths.plugins.loopback import enter  # imports what would make forks slower

    return Channel(enter(int(number)))


def main(arguments: list[str]) -> None:
    """Load the plugin, report the outcome, and serve lines."""
    end, parent = arguments
    platform.die_with(int(parent))
    platform.prepare_plugin_process()
    control = _reach(end)
    source, policy = control.receive()
    try:
        host = source.open()
    except SynthError as error:
        control.send(Reply("rejected", str(error), 0.0))
        return
    control.send(Reply("done", None, 0.0))
    with contextlib.suppress(EOFError, ConnectionError):
        if policy is Policy.fork:
            _fork_keepers(control, host)
        else:
            _play_here(control, host, source, policy)
    os._exit(0)  # the plugin's own end may hang or crash


if __name__ == "__main__":
    main(sys.argv[1:])
