"""How the benchmarks measure: side by side in one run, medians of turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def take_turns(calls: Mapping[str, Callable[[], Any]], repeats: int = 7) -> dict[str, float]:
    """Time calls that take turns, so that whatever else the machine does slows all of them.

    Args:
        calls: From names to what is timed; each is called once more, first, to warm up.
        repeats: Turns.

    Returns:
        Median seconds of each.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn:
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}
