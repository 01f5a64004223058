"""Timing of calls side by side in one run, as medians over turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def take_turns(calls: Mapping[str, Callable[[], Any]], repeats: int = 7) -> dict[str, float]:
    """Time calls that take turns, so that other load on the machine slows all of them.

    Args:
        calls: Calls to time, by name; each is called once more at first, to warm up.
        repeats: Number of turns.

    Returns:
        Median seconds of each call, by name.

    Examples:
        >>> seconds = take_turns({"sort": lambda: sorted(range(100)), "nothing": lambda: None})
        >>> sorted(seconds), seconds["sort"] > seconds["nothing"]
        (['nothing', 'sort'], True)
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn:
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}
