"""Work in processes of joblib, each on one core."""

import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

import joblib

from patchwright.synths.plugins.platform import die_with, interrupts_blocked

T = TypeVar("T")
R = TypeVar("R")


def in_processes(
    function: Callable[[T], R], items: Sequence[T], *, workers: int, begun: list[T] | None = None
) -> Generator[R, None, None]:
    """Call a function with each item, in processes that end with this one.

    Args:
        function: Of a module; what it raises is raised here, and ends the others.
        items: What it is called with.
        workers: Processes that work at a time.
        begun: Gets the items that were handed out.

    Yields:
        Results, as they come.

    Raises:
        BrokenProcessPool: If a process ends before its time.
    """

    def jobs() -> Iterator[object]:
        for item in items:
            if begun is not None:
                begun.append(item)
            yield joblib.delayed(function)(item)

    with joblib.parallel_config(
        backend="loky", inner_max_num_threads=1, initializer=die_with, initargs=(os.getpid(),)
    ):
        # one process would be this one: there are two, of which one gets nothing to do
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
