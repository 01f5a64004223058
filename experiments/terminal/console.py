"""Standard output and standard error of the command line, where text is shown as it is."""

from typing import Any

import rich.console
from rich.progress import ProgressColumn, Task, TextColumn
from rich.table import Table
from rich.text import Text

from patchwright.experiments.terminal.plain_text import shown


class Console(rich.console.Console):
    """A console that takes no text for markup: not in sentences, and not in cells of tables."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return text to draw; everything that is given as a string passes here."""
        return super().render_str(shown(text), **options | {"markup": False, "emoji": False})


console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)


def print_whole(table: Table, to: Console = console) -> None:
    """Print a table at full width, so that a narrow terminal wraps lines but cuts no digits.

    Args:
        table: Table to print.
        to: Console to print it on.
    """
    wide = to.options.update(max_width=10_000)
    Console(width=to.measure(table, options=wide).maximum, file=to.file).print(table)


class PlainColumn(TextColumn):
    """Column of a progress bar with text that is shown as it is."""

    def render(self, task: Task) -> Text:
        """Return the text of a task."""
        return Text(shown(self.text_format.format(task=task)), self.style, justify=self.justify)


class RateColumn(ProgressColumn):
    """Column of a progress bar: steps per second, or the field ``rate`` of the task."""

    def render(self, task: Task) -> Text:
        """Return the rate with one digit after the point below 10."""
        rate = task.fields.get("rate", task.speed or 0.0)
        return Text(f"{rate:.{1 if rate < 10 else 0}f}/s")
