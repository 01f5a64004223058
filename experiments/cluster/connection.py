"""Connections to Dask clusters: to a scheduler, or to processes of this machine."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.patience import growing_pauses
from patchwright.experiments.safe_path import protect_new_processes
from patchwright.experiments.terminal.masking import masked
from patchwright.synths.plugins.platform import interrupts_blocked

if TYPE_CHECKING:
    from distributed import Client

CONNECT = 10.0
"""Seconds to wait for a scheduler's answer or a finished result."""

AWAY = 300.0
"""Seconds to wait for a scheduler that has gone, and then for its workers."""


def count_workers(cluster: str, *, workers: int | None) -> int:
    """Return the number of tasks that a cluster does at a time.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Workers of a local cluster; one per core if None.

    Raises:
        ExperimentError: If the cluster cannot be used.
    """
    check_cluster(cluster)
    if cluster == "local":
        import joblib

        return workers or int(joblib.cpu_count())
    if workers is not None:
        raise ExperimentError(
            f"--workers is only for this machine: leave it out, and start the workers of {cluster}."
        )
    with connect(cluster) as client:
        return max(1, len(client.nthreads()))  # workers may join later


def check_cluster(cluster: str) -> None:
    """Check the address of a cluster, and that Dask is installed.

    Raises:
        ExperimentError: If one of them is missing.
    """
    if cluster != "local" and not cluster.startswith("tcp://"):
        raise ExperimentError(f"--cluster is local or tcp://HOST:PORT, not {masked(cluster)}.")
    if find_spec("distributed") is None:
        raise ExperimentError("--cluster needs Dask: pip install 'patchwright[dask]'.")
    import distributed.client  # sets up its loggers

    for logger in ("distributed", distributed.client.__name__):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # errors that matter are reported here


class Link:
    """A connection to a cluster that can be made again.

    Args:
        connect: Function that connects.
    """

    def __init__(self, connect: Callable[[], contextlib.AbstractContextManager[Client]]) -> None:
        self._connect = connect
        self._held = contextlib.ExitStack()
        self.client = self._held.enter_context(connect())

    def again(self) -> None:
        """Connect again, with growing pauses between the tries.

        Raises:
            ExperimentError: If the scheduler stays away.
        """
        self._held.close()
        for pause in growing_pauses(AWAY):
            time.sleep(pause)
            with contextlib.suppress(ExperimentError):
                self.client = self._held.enter_context(self._connect())
                return
        self.client = self._held.enter_context(self._connect())

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.__exit__(kind, error, trace)


@contextlib.contextmanager
def connect(address: str) -> Iterator[Client]:
    """Connect to a scheduler.

    Raises:
        ExperimentError: If none answers, or it stops.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT)
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"No Dask scheduler answers at {address}: check the address, or start one with "
            "'dask scheduler'."
        ) from error
    with client:
        try:
            yield client
        except (OSError, CancelledError) as error:
            if isinstance(error, OSError) and client.status == "running":
                raise
            raise ExperimentError(
                f"The scheduler at {address} has stopped: start it, and repeat the command."
            ) from error


@contextlib.contextmanager
def start_local(workers: int) -> Iterator[Client]:
    """Start a cluster of processes on the loopback that end with this process."""
    from distributed import LocalCluster

    protect_new_processes()
    with interrupts_blocked():
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
            silence_logs=logging.CRITICAL,
        )
    with cluster, connect(cluster.scheduler_address) as client:
        yield client
