"""Ctrl-C in a command whose work can be continued."""

import contextlib
import signal
from collections.abc import Callable, Iterator

import typer

from patchwright.experiments.terminal.command_line import hint
from patchwright.experiments.terminal.console import errors

INTERRUPTED = 128 + signal.SIGINT
"""Exit code after Ctrl-C."""


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Clean up, and then end with the usual code, when the process is asked to end.

    Raises:
        SystemExit: With the code 128 + N, on SIGTERM, or on SIGHUP when a terminal is closed.
    """
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    # a signal that is ignored, as under nohup, stays so
    usual = [n for n in numbers if n is not None and signal.getsignal(n) is signal.SIG_DFL]
    try:
        for number in usual:
            signal.signal(number, _end)
        yield
    finally:
        for number in usual:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def resumable(command: Callable[[], str | None]) -> Iterator[None]:
    """Turn Ctrl-C into a message that names the command to continue with.

    Args:
        command: Function that returns the command, or None before the search begins.

    Raises:
        typer.Exit: With the code `INTERRUPTED`, on Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        again = command()
        if again is None:
            errors.print("Interrupted before the search began.")
        else:
            errors.print(f"Interrupted; nothing is lost. Continue with{hint(again)}:\n  {again}")
        raise typer.Exit(INTERRUPTED) from None
