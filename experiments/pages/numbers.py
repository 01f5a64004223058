"""Format of numbers in pages."""


def number(value: float) -> str:
    """Format a number with 4 significant digits."""
    return f"{value:.4g}"
