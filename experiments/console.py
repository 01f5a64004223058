"""Where the command line writes."""

from rich.console import Console
from rich.table import Table

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def print_whole(table: Table) -> None:
    """Print a table at its full width: on a narrow terminal lines wrap rather than lose digits."""
    whole = console.options.update(max_width=10_000)
    Console(width=console.measure(table, options=whole).maximum).print(table)
