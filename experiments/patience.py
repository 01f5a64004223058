"""Pauses between tries of something that is away for a while, such as a server that restarts."""

from collections.abc import Iterator

_LONGEST = 30.0  # seconds


def growing_pauses(total: float) -> Iterator[float]:
    """Yield pauses in seconds, each twice as long as the one before, that add up to `total`.

    Examples:
        >>> list(growing_pauses(10))
        [1.0, 2.0, 4.0, 3.0]
    """
    pause, left = 1.0, total
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause = min(2 * pause, _LONGEST)
