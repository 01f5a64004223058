"""Standard output and standard error of the command line."""

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.table import Table
from rich.text import Text

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def print_whole(table: Table) -> None:
    """Print a table at full width, so that a narrow terminal wraps lines but cuts no digits."""
    wide = console.options.update(max_width=10_000)
    Console(width=console.measure(table, options=wide).maximum).print(table)


class RateColumn(ProgressColumn):
    """Column of a progress bar: steps per second, or the field ``rate`` of the task."""

    def render(self, task: Task) -> Text:
        """Return the rate with one digit after the point below 10."""
        rate = task.fields.get("rate", task.speed or 0.0)
        return Text(f"{rate:.{1 if rate < 10 else 0}f}/s")
