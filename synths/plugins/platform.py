"""Calls that some platforms lack: fork, signals, limits, parent-death signals, shared memory.

No other module of the project makes these calls, but `pages` those about memory. Each function
checks whether its call exists, and states what happens where it does not.
"""

import contextlib
import ctypes
import errno
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

LINUX: bool = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9  # Windows has no name for it
_FAULT = 0xC0000000  # the least exit code of a process that Windows ended for a fault
_NO_CRASH_WINDOWS = 0x8003  # SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX
# looked up once, because a lookup in every fork costs page faults
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def has_fork() -> bool:
    """Return whether `fork` works, which it does everywhere but on Windows."""
    return hasattr(os, "fork")


def trusts_fork() -> bool:
    """Return whether a plugin's process may be forked untried, which macOS's libraries mind."""
    return LINUX and has_fork()


def fork() -> int:
    """Copy this process; return 0 in the copy, and the copy's process ID in the original.

    Raises:
        OSError: If the platform has no fork, or the system is short of processes or memory.
    """
    if not hasattr(os, "fork"):
        raise OSError("This platform has no fork.")
    return int(os.fork())


def start_session() -> None:
    """Put this process into a session of its own, as which a busy machine shares its time out."""
    if sys.platform != "win32":
        os.setsid()


def reap() -> None:
    """Forget the child processes that have ended."""
    if sys.platform != "win32":
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def can_pass_descriptors() -> bool:
    """Return whether a new process can inherit file descriptors; it cannot on Windows."""
    return sys.platform != "win32" and hasattr(socket, "send_fds")


def out_of_reach() -> dict[str, Any]:
    """Return the options of `subprocess.Popen` by which Ctrl-C does not reach the new process."""
    if sys.platform == "win32":
        import subprocess  # here, because its modules would make every fork slower

        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    else:  # noqa: RET505 - after it, the type checker for Windows finds it unreachable
        return {"start_new_session": True}


def kill(pid: int) -> None:
    """End a process at once, if it is still running."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends; on Linux only.

    Args:
        parent: Process ID of the parent. If it has ended already, this process ends here.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def prepare_plugin_process() -> None:
    """Ignore Ctrl-C, let `set_alarm` end the process, and let crashes leave no files or windows."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        # a window that reports the crash would keep the process until somebody closes it
        ctypes.windll.kernel32.SetErrorMode(_NO_CRASH_WINDOWS)
    else:
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        with contextlib.suppress(ImportError):
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def set_alarm(seconds: float) -> None:
    """End this process after `seconds`, whatever it does; 0 cancels an earlier call."""
    if sys.platform != "win32" and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return
    import faulthandler  # its thread needs nothing of Python, which a plugin may hold

    if seconds > 0:
        faulthandler.dump_traceback_later(seconds, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl-C in this process and in the processes started meanwhile.

    Does nothing on Windows.
    """
    if sys.platform != "win32" and hasattr(signal, "pthread_sigmask"):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    else:
        yield


def anonymous_file() -> int:
    """Open a file without a name: in memory on Linux, in the temporary folder elsewhere.

    Returns:
        Its descriptor. The file disappears with the last process that has it open.
    """
    if hasattr(os, "memfd_create"):
        return int(os.memfd_create("patchwright"))
    import tempfile  # here, because its modules would make every fork slower

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write_at(file: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of the data to a file, from `offset` in bytes on."""
    if sys.platform != "win32":
        left = memoryview(data)
        while left:
            written = os.pwrite(file, left, offset)
            left, offset = left[written:], offset + written


def ready(files: Sequence[int], seconds: float) -> list[int]:
    """Wait until one of the files can be read or is at its end; return all that are.

    On Windows all must be sockets.
    """
    if sys.platform != "win32" and hasattr(select, "poll"):
        poll = select.poll()
        for file in files:
            poll.register(file, select.POLLIN)
        return [file for file, _ in poll.poll(1e3 * seconds)]
    return list(select.select(files, [], [], seconds)[0])


def send_files(channel: int, files: Sequence[int]) -> None:
    """Send descriptors through a socket."""
    if sys.platform != "win32":
        with _socket(channel) as opened:
            socket.send_fds(opened, [b"."], files)


def receive_files(channel: int, count: int) -> list[int]:
    """Wait for descriptors from a socket.

    Raises:
        EOFError: If the other end is closed.
    """
    files: list[int] = []
    if sys.platform != "win32":
        with _socket(channel) as opened:
            _, files, _, _ = socket.recv_fds(opened, 1, count)
    if len(files) < count:
        raise EOFError
    for file in files:
        os.set_inheritable(file, False)
    return files


def finish(channel: int) -> None:
    """Let the other end of a socket read no more than what was sent until now."""
    with contextlib.suppress(OSError), _socket(channel) as opened:
        opened.shutdown(socket.SHUT_WR)


def _socket(channel: int) -> socket.socket:
    return socket.socket(fileno=os.dup(channel))


def crashed(code: int) -> bool:
    """Return whether a signal or, on Windows, a fault ended a process with this exit code."""
    return code < 0 or code >= _FAULT


def signal_name(number: int) -> str:
    """Return the name of a signal, such as ``SIGKILL``; its number if it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def shortage(error: OSError) -> str | None:
    """Return a sentence on what the system is short of and the mend; None if it is nothing."""
    fewer = "use fewer workers (--workers)"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        limit = _limit("RLIMIT_NOFILE")
        of = f", of {limit:,} at most" if limit else ""
        return f"Too many files are open at once{of}: raise the limit with 'ulimit -n', or {fewer}."
    if error.errno == errno.EAGAIN:
        limit = _limit("RLIMIT_NPROC")
        of = f", of {limit:,} at most" if limit else ""
        return f"Too many processes run at once{of}: raise the limit with 'ulimit -u', or {fewer}."
    if error.errno == errno.ENOMEM:
        return f"The memory is used up: end other programs, or {fewer}."
    return None


def _limit(name: str) -> int | None:
    """Return a limit of this process; None if there is none, as on Windows."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError, AttributeError):
            import resource

            soft: int = resource.getrlimit(getattr(resource, name))[0]
            return None if soft == resource.RLIM_INFINITY else soft
    return None


def resident_megabytes(pid: int) -> float | None:
    """Return a process's resident memory in MiB; None if unreadable, as on macOS and Windows."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    lines = [line.split() for line in status.splitlines()]
    return next((int(line[1]) / 1024 for line in lines if line[0] == "VmRSS:"), None)
