"""Calls of a function on the workers of a cluster, each worker one at a time."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patchwright.experiments.cluster.connection import (
    AWAY,
    CONNECT,
    Link,
    check_cluster,
    connect,
    start_local,
)
from patchwright.experiments.cluster.crew import Crew, Refuse

if TYPE_CHECKING:
    from distributed import Future

_ATTEMPTS = 3  # lost workers after which a call counts as failed
_LOOK = 0.5  # seconds between counts of the workers


@dataclass(frozen=True, eq=False)
class Done:
    """A call that ended.

    Attributes:
        place: Position of the argument in the sequence.
        result: Result of the call; None if it failed.
        error: Exception that it raised; None if it succeeded.
    """

    place: int
    result: Any = None
    error: Exception | None = None


OnWorkers = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Done]]
"""Function that calls a picklable function with each argument, and yields what is done."""


@contextlib.contextmanager
def open_workers(
    cluster: str,
    *,
    workers: int,
    unmet: Callable[[], str | None],
    refuse: Refuse,
    is_away: Callable[[], bool] = lambda: False,
) -> Iterator[OnWorkers]:
    """Connect to a cluster, and admit the workers that lack nothing.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Processes of a local cluster.
        unmet: Picklable function that a worker calls: it returns a sentence on what the worker
            lacks, or None.
        refuse: Callback for workers that are not admitted, and for a scheduler that is lost.
        is_away: Function that tells whether something that workers need is away for now.

    Yields:
        Function that calls another one on the workers. A call whose worker is lost begins again on
        another one, at most three times.

    Raises:
        ExperimentError: If the cluster does not exist or stays away, or no worker is admitted.
    """
    check_cluster(cluster)
    local = cluster == "local"
    with Link(lambda: start_local(workers) if local else connect(cluster)) as link:
        crew = Crew(link, unmet, refuse, is_away)
        crew.gather()

        def each(work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done]:
            left = dict(enumerate(items))
            while left:
                try:
                    for done in _run_all(link, crew, work, left.copy()):
                        del left[done.place]
                        yield done
                except (OSError, CancelledError):
                    if local or link.client.status == "running":
                        raise
                    refuse(f"The scheduler at {cluster} does not answer: trying again.")
                    link.again()
                    crew.gather(patience=AWAY)

        yield each


def _run_all(
    link: Link, crew: Crew, work: Callable[[Any], Any], items: dict[int, Any]
) -> Iterator[Done]:
    """Give each worker one item at a time, so that the item of a lost worker is known."""
    from distributed import wait

    client = link.client
    waiting = list(reversed(items))
    begun: dict[Future, tuple[int, str]] = {}
    lost: Counter[int] = Counter()
    try:
        while waiting or begun:
            present = crew.present()
            for future, (place, address) in list(begun.items()):
                if address in present and not future.done():
                    continue
                del begun[future]
                done = _result(future, place)
                if done is None:
                    future.cancel()
                    lost[place] += 1
                    if lost[place] < _ATTEMPTS:
                        waiting.append(place)
                        continue
                    done = Done(place, error=WorkerLostError(lost[place]))
                yield done
            busy = {address for _, address in begun.values()}
            for address in present:
                if waiting and address not in busy:
                    place = waiting.pop()
                    future = client.submit(
                        work, items[place], workers=[address], allow_other_workers=False, pure=False
                    )
                    begun[future] = place, address
            if begun:
                with contextlib.suppress(TimeoutError):
                    wait(list(begun), timeout=_LOOK, return_when="FIRST_COMPLETED")
            elif waiting:
                crew.gather()
    finally:
        if client.status == "running":
            client.cancel(list(begun))


class WorkerLostError(Exception):
    """The workers that did a task were lost, each time that it was tried."""

    def __init__(self, times: int) -> None:
        super().__init__(f"Its worker was lost {times} times.")


def _result(future: Future, place: int) -> Done | None:
    """Return what became of a call; None if it was lost with its worker."""
    if not future.done():
        return None
    try:
        return Done(place, result=future.result(timeout=CONNECT))
    except TimeoutError:
        return None
    except CancelledError:  # the scheduler has gone
        raise
    except Exception as error:  # noqa: BLE001 - one call's defect must not end the others
        return Done(place, error=error)
