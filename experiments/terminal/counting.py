"""A progress bar for a known number of equal steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from patchwright.experiments.terminal.console import errors


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error from the first step on.

    Args:
        what: What is counted, such as ``presets explored``.

    Yields:
        Function to call with the number of steps that are done, and of all.
    """
    columns = (
        MofNCompleteColumn(),
        TextColumn(what),
        BarColumn(bar_width=12),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=errors) as bar:
        task = bar.add_task(what, total=None, visible=False)  # nothing to show if it is known
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
