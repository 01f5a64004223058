"""Presets that an estimator predicts, and nothing else: the baseline of all searches."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least
from patchwright.surrogates.assisted.predictor import Predictor
from patchwright.surrogates.estimators import Sampling
from patchwright.synths.parameters import Array


def sampling_of(steps: int, guidance: float, temperature: float) -> Sampling:
    """Check how presets are drawn.

    Raises:
        SearchError: If a number is out of range.
    """
    at_least("steps", steps, 1)
    if min(guidance, temperature) < 0:
        raise SearchError("guidance and temperature must be at least 0.")
    return Sampling(steps=steps, guidance=guidance, temperature=temperature)


@dataclass(kw_only=True, eq=False)
class Predict(Optimizer):
    """Samples of an estimator, its best guess first, or a dataset's nearest; scores are not used.

    Args:
        predictor: Estimator or dataset, bound to the target.
        samples: Number of presets in all; 0 for as many as the budget allows.
        batch: Presets in a generation.
        steps: Steps of the solver of a flow.
        guidance: Weight of the sound in a flow: 0 ignores it, 1 is the plain posterior.
        temperature: Width of the distributions of estimators that are no flows.
    """

    predictor: Predictor | None = None
    samples: int = 0
    batch: int = 16
    steps: int = 16
    guidance: float = 1.5
    temperature: float = 1.0

    supports_categories: ClassVar[bool] = True
    needs_predictor: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.predictor is None:
            raise SearchError("This optimizer needs an estimator: pass a predictor.")
        at_least("samples", self.samples, 0)
        at_least("batch", self.batch, 1)
        self._sampling = sampling_of(self.steps, self.guidance, self.temperature)
        self._drawn = 0

    def _ask(self) -> Array:
        assert self.predictor is not None  # noqa: S101 - checked in _setup
        size = min(self.batch, self.samples - self._drawn) if self.samples else self.batch
        if size < 1:
            return np.empty((0, len(self.subspace)))
        drawn = self.predictor.propose(self._drawn, size, self._rng, self._sampling)
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
