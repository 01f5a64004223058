"""The parent's side of a plugin's processes."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.channel import Channel
from patchwright.synths.plugins.diagnosis import (
    may_load_later,
    why_it_died,
    why_not_loading,
)
from patchwright.synths.plugins.jobs import PluginSource, Policy, Reply
from patchwright.synths.plugins.line import Line
from patchwright.synths.plugins.loopback import Doorway

_LOAD_SECONDS = 120.0
_GRACE = 2.0  # seconds to wait for the exit code of a process that closed its socket
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
        lines: Open lines.

    Raises:
        LoadCrashError: If the process is killed or crashes while the plugin loads.
        SynthError: If the plugin does not load, with the reason, if too many files or processes are
            open.
    """

    def __init__(self, source: PluginSource, policy: Policy) -> None:
        self.source = source
        self.policy = policy
        self.lines: set[Line] = set()
        self._connected: Callable[[], Channel]
        try:
            self._launch()
        except OSError as error:
            raise SynthError(platform.shortage(error) or str(error)) from error
        try:
            try:
                self._control = self._connected()
                self._control.send((source, policy))
                reply = self._receive(_LOAD_SECONDS)
            except (EOFError, ConnectionError):
                reply = self._dead()
            if reply.status != "done":
                raise self._failure(reply)
        except BaseException:
            self.close()
            raise

    def _launch(self) -> None:
        """Start the process; what was opened is closed again if that fails."""
        with contextlib.ExitStack() as failing:
            # the last line that a plugin printed helps to explain why it crashed
            self._output = failing.enter_context(tempfile.TemporaryFile())
            inherited: tuple[int, ...] = ()
            environment = os.environ | _ENVIRONMENT
            if platform.can_pass_descriptors():
                near, far = map(failing.enter_context, socket.socketpair())
                end, inherited = str(far.fileno()), (far.fileno(),)
                self._connected = lambda: Channel(near)
            else:
                door = failing.enter_context(Doorway())
                end = f"port:{door.port}"
                environment |= door.environment
                self._connected = lambda: self._through(door)
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-P",  # no modules from the current folder
                    "-m",
                    "patchwright.synths.plugins.snapshot",
                    end,
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=inherited,
                env=environment,
                **platform.out_of_reach(),
            )
            if inherited:
                far.close()
            self._opened = failing.pop_all()

    def _through(self, door: Doorway) -> Channel:
        """Return the channel over the connection that the process makes."""
        with door:
            end = door.accept(lambda: self.alive, _LOAD_SECONDS)
        return Channel(self._opened.enter_context(end))

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def open_line(self) -> Line:
        """Open a line to the plugin; under policies other than `fork` it is the only one.

        Raises:
            LoadCrashError: If the process has ended.
            SynthError: If too many files or processes are open.
        """
        try:
            with contextlib.ExitStack() as failing:
                channel, memory = self._control, None  # where nothing can be passed on
                try:
                    if platform.can_pass_descriptors():
                        memory = platform.anonymous_file()
                        failing.callback(os.close, memory)
                        near, far = socket.socketpair()
                        failing.enter_context(near)
                        channel = Channel(near)
                        with far:
                            platform.send_files(self._control.file, [far.fileno(), memory])
                    reply = self._receive(_LOAD_SECONDS)
                except ConnectionError:
                    reply = self._dead()
                if reply.status != "done":
                    raise self._failure(reply)
                failing.pop_all()
        except (OSError, SynthError) as error:
            if self.policy is not Policy.fork:
                self.close()  # it serves nothing else
            if isinstance(error, OSError):
                raise SynthError(platform.shortage(error) or str(error)) from error
            raise
        line = Line(
            channel,
            memory,
            reply.result,
            self.source,
            keeper=self.policy is Policy.fork,
            closed=self._close_line,
        )
        self.lines.add(line)
        return line

    def kill(self) -> None:
        """End the process and its forks at once."""
        if self.alive:
            platform.kill(self._process.pid)

    def close(self) -> None:
        """End the process and free its resources."""
        self.kill()
        self._process.wait()
        self._opened.close()

    def _close_line(self, line: Line) -> None:
        self.lines.discard(line)
        if self.policy is not Policy.fork:
            self.close()

    def _receive(self, seconds: float) -> Reply:
        try:
            if platform.ready([self._control.file], seconds):
                reply: Reply = self._control.receive()
                return reply
        except (EOFError, OSError):
            return self._dead()
        self.kill()
        return Reply("timeout", None, seconds)

    def _dead(self) -> Reply:
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_GRACE)
        return Reply("crashed", code, 0.0)

    def _failure(self, reply: Reply) -> SynthError:
        plugin = self.source.plugin
        reason = why_not_loading(plugin) if plugin is not None else None
        if reason is not None:
            return SynthError(reason)
        if reply.status == "rejected":
            return SynthError(str(reply.result))
        name = str(plugin or self.source.host.name)
        if reply.status == "timeout":
            return SynthError(
                f"{name} did not load within {_LOAD_SECONDS:g} s: if it waits for a window to be "
                "closed, open it once in another program."
            )
        self._output.seek(0)
        lines = self._output.read().decode("utf-8", "replace").splitlines()
        code = reply.result if isinstance(reply.result, int) else None
        kind = LoadCrashError if may_load_later(code, lines) else SynthError
        return kind(why_it_died(name, code, lines))
