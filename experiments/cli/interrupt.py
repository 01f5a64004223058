"""Ctrl-C in a command whose work can be continued."""

import contextlib
import signal
from collections.abc import Callable, Iterator

import typer

from patchwright.experiments.command_line import hint
from patchwright.experiments.console import errors

INTERRUPTED = 128 + signal.SIGINT
"""Exit code after Ctrl-C."""


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
