"""The workers of a cluster that are fit for the work."""

from __future__ import annotations

import time
from collections.abc import Callable

from patchwright.experiments.cluster.connection import Link
from patchwright.experiments.errors import ExperimentError

Refuse = Callable[[str], None]
"""Callback for sentences about each worker that gets no work, and a scheduler that is lost."""

_PATIENCE = 60.0  # seconds to wait for a worker when there is none
_LOOK = 0.5  # seconds between counts of the workers


class Crew:
    """Admitted workers of a cluster; each worker is checked once, even if it joins later.

    Args:
        link: Connection to the cluster.
        unmet: Picklable function that a worker calls: it returns a sentence on what the worker
            lacks, or None.
        refuse: Callback for workers that are not admitted.
        is_away: Function that tells whether something that workers need is away for now, so that
            they are checked again.
    """

    def __init__(
        self,
        link: Link,
        unmet: Callable[[], str | None],
        refuse: Refuse,
        is_away: Callable[[], bool] = lambda: False,
    ) -> None:
        self._link = link
        self._unmet = unmet
        self._refuse = refuse
        self._is_away = is_away
        self._able: dict[str, bool] = {}

    def gather(self, patience: float = _PATIENCE) -> None:
        """Wait for the first admitted worker.

        Args:
            patience: Seconds to wait while there is none.

        Raises:
            ExperimentError: If no worker is admitted, or none appears in time.
        """
        deadline = time.monotonic() + patience
        while not self.present():
            if self._able and not any(self._able.values()):
                raise ExperimentError("The cluster has no suitable worker: see the reasons above.")
            if time.monotonic() > deadline:
                raise ExperimentError(
                    "The cluster has no workers: start some with 'dask worker ADDRESS --nthreads 1'"
                    ", where ADDRESS is that of its scheduler, then repeat the command."
                )
            time.sleep(_LOOK)

    def present(self) -> list[str]:
        """Return the addresses of the admitted workers that are connected now."""
        client = self._link.client
        threads = client.nthreads()
        new = [address for address in threads if address not in self._able]
        several = "It has several threads: start it with --nthreads 1."
        replies: dict[str, str | Exception | None] = dict.fromkeys(new, several)
        if single := [address for address in new if threads[address] == 1]:
            replies |= dict.fromkeys(single, OSError())  # no reply if it has left meanwhile
            replies |= client.run(self._unmet, workers=single, on_error="return")
        for address, reply in replies.items():
            if isinstance(reply, OSError):
                continue
            if isinstance(reply, Exception):
                reply = f"It cannot run this version of Patchwright ({reply}): install it."
            if reply not in (None, several) and self._is_away():
                continue  # which may be the reason: it is checked again
            self._able[address] = reply is None
            if reply is not None:
                self._refuse(f"Worker {address} gets no work. {reply}")
        return [address for address in threads if self._able.get(address)]
