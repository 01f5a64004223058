"""Numbers as pages write them."""


def number(value: float) -> str:
    """Write a number with 4 significant digits."""
    return f"{value:.4g}"
