"""Any optimizer, started from predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from patchwright.search import OPTIMIZERS
from patchwright.search.optimizer import (
    Optimizer,
    SearchError,
    Told,
    at_least,
    nearest,
    one_of,
)
from patchwright.surrogates.assisted.predicting import Predicting
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Warm(Predicting):
    """An optimizer that starts from predictions instead of random presets.

    The first generation is the samples, the best guess first, and the presets of the calibration,
    which are known already. The optimizer then starts from all of them, the
    nearest first, and goes on as if cold.

    Args:
        method: Name of the optimizer.
        options: Options of the optimizer.
        samples: Number of samples.
    """

    method: str = "portfolio"
    options: Mapping[str, Any] = field(default_factory=dict)
    samples: int = 32

    learns_from_residuals: ClassVar[bool] = True

    def _setup(self) -> None:
        super()._setup()
        one_of("method", self.method, tuple(OPTIMIZERS))
        at_least("samples", self.samples, 1)
        if OPTIMIZERS[self.method].needs_descriptors:
            raise SearchError(f"{self.method} needs descriptors: name another method.")
        self._new(self.initial)  # so that rejected options are reported before anything is rendered
        self._inner: Optimizer | None = None

    def _new(self, initial: Array | None) -> Optimizer:
        return OPTIMIZERS[self.method](
            self.subspace,
            self.n_objectives,
            seed=self.seed,
            initial=initial,
            budget=self.budget,
            **self.options,
        )

    def _ask(self) -> Array:
        if self._inner is not None:
            return self._inner.ask()
        starts = [self._propose(0, self.samples)]
        if self.initial is not None:
            starts.append(self.initial)
        return np.concatenate(starts)

    def _tell(self, told: Told) -> None:
        if self._inner is not None:
            self._inner.tell(told.genotypes, told.scores, residuals=told.residuals)
            return
        order = nearest(told.genotypes, told.scores, len(told.genotypes))
        self._inner = self._new(told.genotypes[order])

    def chose(self) -> str | None:
        """Return the names of its model and of the optimizer; see `Optimizer.chose`."""
        name = self.predictor.name if self.predictor is not None else ""
        return f"{self.method}, started from presets of {name}"

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return None if self._inner is None else self._inner.stopped()
