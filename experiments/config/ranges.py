"""Ranges of whole numbers in YAML, such as ``0..9``."""

import re
from typing import Any

from patchwright.experiments.errors import ExperimentError

MAX_NUMBERS = 100_000
"""Largest number of values in a range."""

_RANGE = re.compile(r"(\d{1,10})\.\.(\d{1,10})")


def numbers(value: Any) -> list[Any]:
    """Expand a range to its numbers, and any other value to itself.

    Raises:
        ExperimentError: If the range is reversed or too long.

    Examples:
        >>> numbers("48..51"), numbers(60)
        ([48, 49, 50, 51], [60])
    """
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return [value]
    first, last = map(int, match.groups())
    if not first <= last < first + MAX_NUMBERS:
        raise ExperimentError(
            f"{value} is not a range: write the lower number first, and at most {MAX_NUMBERS:,} "
            "numbers."
        )
    return list(range(first, last + 1))
