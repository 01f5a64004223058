"""Standard output and standard error of the command line."""

from rich.console import Console
from rich.table import Table

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def print_whole(table: Table) -> None:
    """Print a table at full width, so that a narrow terminal wraps lines but cuts no digits."""
    wide = console.options.update(max_width=10_000)
    Console(width=console.measure(table, options=wide).maximum).print(table)
