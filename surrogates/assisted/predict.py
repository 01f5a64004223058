"""Presets that an estimator predicts, and nothing else: the baseline of all searches."""

from dataclasses import dataclass

import numpy as np

from patchwright.search.optimizer import Told, at_least
from patchwright.surrogates.assisted.predicting import Predicting
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Predict(Predicting):
    """Samples of an estimator, its best guess first, or a dataset's nearest; scores are not used.

    Args:
        samples: Number of presets in all; 0 for as many as the budget allows.
        batch: Presets in a generation.
    """

    samples: int = 0
    batch: int = 16

    def _setup(self) -> None:
        super()._setup()
        at_least("samples", self.samples, 0)
        at_least("batch", self.batch, 1)
        self._drawn = 0

    def _ask(self) -> Array:
        size = min(self.batch, self.samples - self._drawn) if self.samples else self.batch
        if size < 1:
            return np.empty((0, len(self.subspace)))
        drawn = self._propose(self._drawn, size)
        self._drawn += len(drawn)
        return drawn

    def _tell(self, told: Told) -> None:
        pass

    def chose(self) -> str | None:
        """Return the name of its model; see `Optimizer.chose`."""
        return None if self.predictor is None else f"predict, with {self.predictor.name}"

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        if self.samples and self._drawn >= self.samples:
            return f"all {self.samples} samples are rendered"
        return "the predictor has no more presets"
