"""Parallel calls in joblib processes, each on one core."""

import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

import joblib

from patchwright.experiments.safe_path import protect_new_processes
from patchwright.synths.plugins.platform import die_with, interrupts_blocked

T = TypeVar("T")
R = TypeVar("R")


def in_processes(
    function: Callable[[T], R], items: Sequence[T], *, workers: int, begun: list[T] | None = None
) -> Generator[R, None, None]:
    """Call a function with each item, in processes that end with this process.

    Args:
        function: Picklable function; an exception in it is raised here and ends the other calls.
        items: Arguments, one per call.
        workers: Number of processes at a time.
        begun: List to which items are appended when they are handed out.

    Yields:
        Results in the order of completion.

    Raises:
        BrokenProcessPool: If a process ends unexpectedly.
    """

    def jobs() -> Iterator[object]:
        for item in items:
            if begun is not None:
                begun.append(item)
            yield joblib.delayed(function)(item)

    protect_new_processes()
    with joblib.parallel_config(
        backend="loky", inner_max_num_threads=1, initializer=die_with, initargs=(os.getpid(),)
    ):
        # joblib would run a single job in this process: ask for two, one of which stays idle
        parallel = joblib.Parallel(
            n_jobs=max(2, min(workers, len(items))),
            pre_dispatch=workers,
            batch_size=1,
            return_as="generator_unordered",
        )
        with interrupts_blocked():
            results = parallel(jobs())
        try:
            yield from results
        finally:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*tasks which were still being")
                results.close()
