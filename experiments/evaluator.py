"""From genotypes to scores: decode, render, score, in parallel."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from objectives import ObjectiveSet
from search import Evaluations
from synths import Performance, Status, Subspace, Synth
from synths.parameters import Array


class Evaluator:
    """Renders and scores batches of genotypes; what `search.run` calls.

    Each worker is one thread, and torch is told to use no threads of its own: its operators leave
    the interpreter's lock, and two levels of threads would fight for the same cores.

    Args:
        synth: Renders.
        subspace: Decodes.
        performance: What every candidate plays.
        objectives: Score.
        workers: Threads.
    """

    def __init__(
        self,
        synth: Synth,
        subspace: Subspace,
        performance: Performance,
        objectives: ObjectiveSet,
        *,
        workers: int,
    ) -> None:
        torch.set_num_threads(1)
        self._synth = synth
        self._subspace = subspace
        self._performance = performance
        self._objectives = objectives
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="render")

    def __call__(self, genotypes: Array) -> Evaluations:
        """Evaluate genotypes `[n, d]`; failed renders score NaN."""
        values = self._subspace.decode(genotypes)
        size = self._synth.batch
        pieces = [values[first : first + size] for first in range(0, len(values), size)]
        results = list(self._pool.map(self._evaluate, pieces))
        m = len(self._objectives.names)
        return Evaluations(
            genotypes,
            np.concatenate([np.empty((0, m)), *(scores for scores, _, _ in results)]),
            np.concatenate([np.empty(0, np.int8), *(status for _, status, _ in results)]),
            np.concatenate([np.empty(0), *(seconds for _, _, seconds in results)]),
        )

    def _evaluate(self, values: Array) -> tuple[Array, NDArray[np.int8], Array]:
        renders = self._synth.render(values, self._performance)
        scores = self._objectives.score(renders.audio)
        heard = (renders.status == Status.ok) | (renders.status == Status.silent)
        return np.where(heard[:, None], scores, np.nan), renders.status, renders.seconds

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)
