"""Runs on the workers of a Dask cluster, which may be on other machines."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite.admission import Needs, lack, needs_of
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.runner import Dispatch, Work
from patchwright.experiments.suite.worker import Outcome
from patchwright.synths.plugins.platform import interrupts_blocked

if TYPE_CHECKING:
    from distributed import Client, Future

_ATTEMPTS = 3  # runs that end their worker as often have failed
_CONNECT = 10.0  # seconds until a scheduler answers, and until a result is there
_PATIENCE = 60.0  # seconds until the first worker, and until another one after the last
_LOOK = 0.5  # seconds until the workers are counted again

Refuse = Callable[[str], None]
"""Is told, in a sentence, of a worker that gets no work."""


def count_workers(cluster: str, *, workers: int | None) -> int:
    """How many runs a cluster does at a time.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: That a local one gets; one a core if None.

    Raises:
        ExperimentError: If it cannot be used.
    """
    _check(cluster)
    if cluster == "local":
        import joblib

        return workers or int(joblib.cpu_count())
    if workers is not None:
        raise ExperimentError(
            f"--workers is for this machine: leave it out, or start as many workers of {cluster}."
        )
    with _client(cluster) as client:
        return max(1, len(client.nthreads()))  # they may come later


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
    """Use the workers of a cluster that have all that the runs need.

    Args:
        cluster: ``local``, or the address of a scheduler.
        workers: Processes of a local one.
        runs: To come.
        folder: Of the suite.
        results: Database that finished runs are written to.
        study: Database of Optuna's that they are written to.
        refuse: Is told of the others.

    Yields:
        What has runs done there; see `patchwright.experiments.suite.runner.run_suite`.

    Raises:
        ExperimentError: If there is no such cluster, or none of its workers can take part.
    """
    _check(cluster)
    needs = needs_of(runs, folder, results=results, study=study)
    with contextlib.ExitStack() as held:
        if cluster == "local":
            client = held.enter_context(_local(workers))
        else:
            client = held.enter_context(_client(cluster))
        crew = _Crew(client, needs, refuse)
        crew.gather()

        def dispatch(work: Work, waiting: Sequence[SuiteRun]) -> Iterator[Outcome]:
            return _run_all(client, crew, work, waiting)

        yield dispatch


class _Crew:
    """The workers that take part: each is looked at once, also those that come later."""

    def __init__(self, client: Client, needs: Needs, refuse: Refuse) -> None:
        self._client = client
        self._needs = needs
        self._refuse = refuse
        self._able: dict[str, bool] = {}

    def gather(self) -> None:
        """Wait for the first worker that takes part.

        Raises:
            ExperimentError: If none does.
        """
        deadline = time.monotonic() + _PATIENCE
        while not self.present():
            if self._able and not any(self._able.values()):
                raise ExperimentError("No worker of the cluster can take part: see above for why.")
            if time.monotonic() > deadline:
                raise ExperimentError(
                    "The cluster has no workers: start some with 'dask worker ADDRESS --nthreads 1'"
                    " and the address of its scheduler, then give the same command again."
                )
            time.sleep(_LOOK)

    def present(self) -> list[str]:
        """The addresses of those that are there now."""
        threads = self._client.nthreads()
        new = [address for address in threads if address not in self._able]
        several = "It has several threads: start it with --nthreads 1."
        told: dict[str, str | Exception | None] = dict.fromkeys(new, several)
        if single := [address for address in new if threads[address] == 1]:
            told |= dict.fromkeys(single, OSError())  # that has gone in the meantime
            told |= self._client.run(lack, self._needs, workers=single, on_error="return")
        for address, lacking in told.items():
            if isinstance(lacking, OSError):
                continue
            if isinstance(lacking, Exception):
                lacking = f"It cannot run this version of Patchwright ({lacking}): install it."
            self._able[address] = lacking is None
            if lacking is not None:
                self._refuse(f"Worker {address} gets no work. {lacking}")
        return [address for address in threads if self._able.get(address)]


def _run_all(
    client: Client, crew: _Crew, work: Work, runs: Sequence[SuiteRun]
) -> Iterator[Outcome]:
    """Give each worker one run at a time, so that it is known which run a lost one had."""
    from distributed import wait

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
                    error = f"The worker that had it was lost {_ATTEMPTS} times."
                    outcome = Outcome(id=run.id, error=error)
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
        client.cancel(list(begun))


def _outcome(future: Future, run: SuiteRun) -> Outcome | None:
    """What came of a run; None if that was lost with its worker."""
    if not future.done():
        return None
    try:
        outcome: Outcome = future.result(timeout=_CONNECT)
    except TimeoutError:
        return None
    except CancelledError:  # the scheduler has gone
        raise
    except Exception as error:  # noqa: BLE001 - one run's defect must not end the others
        return Outcome(id=run.id, error=f"{type(error).__name__}: {error}.")
    return outcome


def _check(cluster: str) -> None:
    if cluster != "local" and not cluster.startswith("tcp://"):
        raise ExperimentError(f"--cluster is local or tcp://HOST:PORT, not {cluster}.")
    if find_spec("distributed") is None:
        raise ExperimentError("--cluster needs Dask: pip install 'patchwright[dask]'.")
    import distributed.client  # sets up its loggers

    for logger in ("distributed", distributed.client.__name__):
        logging.getLogger(logger).setLevel(logging.CRITICAL)  # what matters is told here


@contextlib.contextmanager
def _client(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT)
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"No scheduler of Dask answers at {address}: check it, or start one with "
            "'dask scheduler'."
        ) from error
    with client:
        try:
            yield client
        except (OSError, CancelledError) as error:
            if isinstance(error, OSError) and client.status == "running":
                raise
            raise ExperimentError(
                f"The scheduler at {address} has gone: start it, and give the same command again."
            ) from error


@contextlib.contextmanager
def _local(workers: int) -> Iterator[Client]:
    """Processes of this machine, on the loopback alone, that end with this one."""
    from distributed import LocalCluster

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
