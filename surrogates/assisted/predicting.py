"""The base of optimizers that take predicted presets."""

from dataclasses import dataclass
from typing import ClassVar

from patchwright.search.optimizer import Optimizer, SearchError, at_least
from patchwright.surrogates.assisted.predictor import Predictor
from patchwright.surrogates.estimators import Sampling
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Predicting(Optimizer):
    """An optimizer with a predictor.

    Args:
        predictor: Estimator or dataset, bound to the target.
        steps: Steps of the solver of a flow.
        guidance: Weight of the sound in a flow: 0 ignores it, 1 is the plain posterior.
        temperature: Width of the distributions of estimators that are no flows.
    """

    predictor: Predictor | None = None
    steps: int = 16
    guidance: float = 1.5
    temperature: float = 1.0

    supports_categories: ClassVar[bool] = True
    needs_predictor: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.predictor is None:
            raise SearchError("This optimizer needs an estimator: pass a predictor.")
        at_least("steps", self.steps, 1)
        if min(self.guidance, self.temperature) < 0:
            raise SearchError("guidance and temperature must be at least 0.")

    def _propose(self, first: int, n: int) -> Array:
        """Propose presets; see `Predictor.propose`."""
        assert self.predictor is not None  # noqa: S101 - checked in _setup
        sampling = Sampling(steps=self.steps, guidance=self.guidance, temperature=self.temperature)
        return self.predictor.propose(first, n, self._rng, sampling)
