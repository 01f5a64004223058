"""Execution of runs on the workers of a Dask cluster, possibly on other machines."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from patchwright.experiments.database import open_database
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.patience import growing_pauses
from patchwright.experiments.safe_path import protect_new_processes
from patchwright.experiments.suite.admission import Needs, needs_of, unmet_need
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.runner import Dispatch, Work
from patchwright.experiments.suite.worker import RunOutcome
from patchwright.experiments.terminal.masking import masked
from patchwright.synths.plugins.platform import interrupts_blocked

if TYPE_CHECKING:
    from distributed import Client, Future

_ATTEMPTS = 3  # lost workers after which a run counts as failed
_CONNECT = 10.0  # seconds to wait for a scheduler's answer or a finished result
_PATIENCE = 60.0  # seconds to wait for a worker when there is none
_AWAY = 300.0  # seconds to wait for a scheduler that has gone, and then for its workers
_LOOK = 0.5  # seconds between counts of the workers

Refuse = Callable[[str], None]
"""Callback for sentences about each worker that gets no work, and a scheduler that is lost."""


def count_workers(cluster: str, *, workers: int | None) -> int:
    """Return the number of runs that a cluster does at a time.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Workers of a local cluster; one per core if None.

    Raises:
        ExperimentError: If the cluster cannot be used.
    """
    _check(cluster)
    if cluster == "local":
        import joblib

        return workers or int(joblib.cpu_count())
    if workers is not None:
        raise ExperimentError(
            f"--workers is only for this machine: leave it out, and start the workers of {cluster}."
        )
    with _client(cluster) as client:
        return max(1, len(client.nthreads()))  # workers may join later


@contextlib.contextmanager
def open_cluster(
    cluster: str,
    *,
    workers: int,
    runs: Sequence[SuiteRun],
    folder: Path,
    results: str | None,
    study: str | None,
    refuse: Refuse,
) -> Iterator[Dispatch]:
    """Connect to a cluster, and admit the workers that meet the needs of the runs.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Processes of a local cluster.
        runs: Runs to do.
        folder: Folder of the suite.
        results: Database for finished runs; None if unused.
        study: Optuna database for finished runs; None if unused.
        refuse: Callback for workers that are not admitted, and for a scheduler that is lost.

    Yields:
        Function that executes runs on the cluster; the ``dispatch`` of
        `patchwright.experiments.suite.runner.run_suite`.

    Raises:
        ExperimentError: If the cluster does not exist or stays away, or no worker is admitted.
    """
    _check(cluster)
    needs = needs_of(runs, folder, results=results, study=study)
    local = cluster == "local"
    with _Link(lambda: _local(workers) if local else _client(cluster)) as link:
        crew = _Crew(link, needs, refuse)
        crew.gather()

        def dispatch(work: Work, waiting: Sequence[SuiteRun]) -> Iterator[RunOutcome]:
            left = {run.id: run for run in waiting}
            while left:
                try:
                    for outcome in _run_all(link, crew, work, [*left.values()]):
                        del left[outcome.id]
                        yield outcome
                except (OSError, CancelledError):
                    if local or link.client.status == "running":
                        raise
                    refuse(f"The scheduler at {cluster} does not answer: trying again.")
                    link.again()
                    crew.gather(patience=_AWAY)

        yield dispatch


class _Link:
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
        for pause in growing_pauses(_AWAY):
            time.sleep(pause)
            with contextlib.suppress(ExperimentError):
                self.client = self._held.enter_context(self._connect())
                return
        self.client = self._held.enter_context(self._connect())

    def __enter__(self) -> _Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.__exit__(kind, error, trace)


class _Crew:
    """Admitted workers of a cluster; each worker is checked once, even if it joins later."""

    def __init__(self, link: _Link, needs: Needs, refuse: Refuse) -> None:
        self._link = link
        self._needs = needs
        self._refuse = refuse
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
            replies |= client.run(unmet_need, self._needs, workers=single, on_error="return")
        for address, reply in replies.items():
            if isinstance(reply, OSError):
                continue
            if isinstance(reply, Exception):
                reply = f"It cannot run this version of Patchwright ({reply}): install it."
            if reply not in (None, several) and self._database_is_away():
                continue  # which may be the reason: it is checked again
            self._able[address] = reply is None
            if reply is not None:
                self._refuse(f"Worker {address} gets no work. {reply}")
        return [address for address in threads if self._able.get(address)]

    def _database_is_away(self) -> bool:
        try:
            if self._needs.results is not None:
                open_database(self._needs.results)
        except DatabaseAwayError:
            return True
        except ExperimentError:
            return False
        return False


def _run_all(
    link: _Link, crew: _Crew, work: Work, runs: Sequence[SuiteRun]
) -> Iterator[RunOutcome]:
    """Give each worker one run at a time, so that the run of a lost worker is known."""
    from distributed import wait

    client = link.client
    waiting = list(reversed(runs))
    begun: dict[Future, tuple[SuiteRun, str]] = {}
    lost: Counter[str] = Counter()
    try:
        while waiting or begun:
            present = crew.present()
            for future, (run, address) in list(begun.items()):
                if address in present and not future.done():
                    continue
                del begun[future]
                outcome = _outcome(future, run)
                if outcome is None:
                    future.cancel()
                    lost[run.id] += 1
                    if lost[run.id] < _ATTEMPTS:
                        waiting.append(run)
                        continue
                    error = f"Its worker was lost {_ATTEMPTS} times."
                    outcome = RunOutcome(id=run.id, error=error)
                yield outcome
            busy = {address for _, address in begun.values()}
            for address in present:
                if waiting and address not in busy:
                    run = waiting.pop()
                    future = client.submit(
                        work, run, workers=[address], allow_other_workers=False, pure=False
                    )
                    begun[future] = run, address
            if begun:
                with contextlib.suppress(TimeoutError):
                    wait(list(begun), timeout=_LOOK, return_when="FIRST_COMPLETED")
            elif waiting:
                crew.gather()
    finally:
        if client.status == "running":
            client.cancel(list(begun))


def _outcome(future: Future, run: SuiteRun) -> RunOutcome | None:
    """Return the outcome of a run; None if it was lost with its worker."""
    if not future.done():
        return None
    try:
        outcome: RunOutcome = future.result(timeout=_CONNECT)
    except TimeoutError:
        return None
    except CancelledError:  # the scheduler has gone
        raise
    except Exception as error:  # noqa: BLE001 - one run's defect must not end the others
        return RunOutcome(id=run.id, error=f"{type(error).__name__}: {error}.")
    return outcome


def _check(cluster: str) -> None:
    if cluster != "local" and not cluster.startswith("tcp://"):
        raise ExperimentError(f"--cluster is local or tcp://HOST:PORT, not {masked(cluster)}.")
    if find_spec("distributed") is None:
        raise ExperimentError("--cluster needs Dask: pip install 'patchwright[dask]'.")
    import distributed.client  # sets up its loggers

    for logger in ("distributed", distributed.client.__name__):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # errors that matter are reported here


@contextlib.contextmanager
def _client(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT)
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
def _local(workers: int) -> Iterator[Client]:
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
    with cluster, _client(cluster.scheduler_address) as client:
        yield client
