"""Evaluation of genotypes: decode, render and score them in parallel."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from patchwright.experiments.store import RenderStore
from patchwright.objectives import ObjectiveSet
from patchwright.objectives.descriptors import Descriptor, describe
from patchwright.search import Evaluations
from patchwright.synths import Performance, Status, Subspace, Synth
from patchwright.synths.parameters import Array


class Measure(Protocol):
    """A measure of the difference of sounds `[n, c, t]` from the target, `[n, width]`.

    `objectives.residuals.Residuals`, or what the model of an assisted search hears.
    """

    @property
    def width(self) -> int:
        """Values per sound."""
        ...

    def __call__(self, audio: NDArray[np.float32]) -> NDArray[np.float16]:
        """Measure sounds; NaN for those that are not finite."""
        ...


class Evaluator:
    """Renders and scores batches of genotypes; the `evaluate` function of `search.run`.

    Each worker is one thread, and torch is limited to one thread per worker: its operators release
    the interpreter lock, and two levels of threads would compete for the same cores.

    Args:
        synth: Synth that renders the candidates.
        subspace: Free parameters, which decode genotypes `[n, d]` to presets `[n, P]`.
        performance: Notes, length and sample rate of every candidate.
        objectives: Distances to the target.
        workers: Number of threads.
        descriptors: Descriptors to measure in addition.
        residuals: Residuals to measure in addition; None for none.
        store: Store that keeps presets and features of the renders; None for none.
    """

    def __init__(
        self,
        synth: Synth,
        subspace: Subspace,
        performance: Performance,
        objectives: ObjectiveSet,
        *,
        workers: int,
        descriptors: Sequence[Descriptor] = (),
        residuals: Measure | None = None,
        store: RenderStore | None = None,
    ) -> None:
        torch.set_num_threads(1)
        self._synth = synth
        self._subspace = subspace
        self._performance = performance
        self._objectives = objectives
        self._descriptors = descriptors
        self._residuals = residuals
        self._store = store
        self._pool = ThreadPoolExecutor(
            workers, "render", initializer=torch.set_num_threads, initargs=(1,)
        )

    def __call__(self, genotypes: Array) -> Evaluations:
        """Evaluate genotypes `[n, d]`; the scores of failed renders are NaN."""
        values = self._subspace.decode(genotypes)
        size = self._synth.batch
        pieces = [values[first : first + size] for first in range(0, len(values), size)]
        results = list(self._pool.map(self._evaluate, pieces))
        nothing = (
            np.empty((0, len(self._objectives.names))),
            np.empty(0, np.int8),
            np.empty(0),
            np.empty((0, len(self._descriptors))),
            np.empty((0, 0 if self._residuals is None else self._residuals.width), np.float16),
        )
        return Evaluations(genotypes, *map(np.concatenate, zip(nothing, *results, strict=True)))

    def _evaluate(self, values: Array) -> tuple[NDArray[Any], ...]:
        """Return scores, status, seconds, descriptors and residuals of presets `[n, P]`."""
        renders = self._synth.render(values, self._performance)
        if self._store is not None:
            self._store.add(values, renders)
        scores = self._objectives.score(renders.audio)
        descriptors = describe(renders.audio, self._performance.sr, self._descriptors)
        if self._residuals is None:
            residuals = np.empty((len(values), 0), np.float16)
        else:
            residuals = self._residuals(renders.audio)
        failed = (renders.status != Status.ok) & (renders.status != Status.silent)
        scores[failed] = descriptors[failed] = residuals[failed] = np.nan
        return scores, renders.status, renders.seconds, descriptors, residuals

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)
