"""Any optimizer, of whose proposals a surrogate picks those that are rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from patchwright.search import OPTIMIZERS
from patchwright.search.optimizer import Optimizer, SearchError, Told, one_of, share
from patchwright.surrogates.assisted.guide import Guide
from patchwright.synths.parameters import Array

_HOPE = 1.0  # deviations by which an uncertain proposal is favoured


@dataclass(kw_only=True, eq=False)
class Prescreened(Optimizer):
    """An optimizer that learns from more presets than are rendered.

    Of each of its generations, the surrogate's pick is rendered: those with the least lower
    confidence bounds, and a quarter at random, so that the surrogate also learns where it was not
    hopeful. The optimizer receives real scores of these and believed ones of the others (Y. Jin,
    Surrogate-assisted evolutionary computation, Swarm and Evolutionary Computation 1, 2011,
    section 3).

    Args:
        guide: Model, bound to the target.
        method: Name of the optimizer.
        options: Options of the optimizer.
        rendered: Share of each generation that is rendered.
    """

    guide: Guide | None = None
    method: str = "nsga2"
    options: Mapping[str, Any] = field(default_factory=dict)
    rendered: float = 0.25

    supports_categories: ClassVar[bool] = True
    learns_from_residuals: ClassVar[bool] = True
    needs_guide: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.guide is None:
            raise SearchError("This optimizer needs a model: pass a guide.")
        one_of("method", self.method, tuple(OPTIMIZERS))
        share("rendered", self.rendered)
        cls = OPTIMIZERS[self.method]
        if cls.needs_descriptors:
            raise SearchError(f"{self.method} needs descriptors, which are not believed.")
        self._surrogate = self.guide.surrogate()
        self._inner = cls(
            self.subspace,
            self.n_objectives,
            seed=self.seed,
            initial=self.initial,
            budget=None if self.budget is None else int(self.budget / self.rendered),
            **self.options,
        )

    def _ask(self) -> Array:
        self._all = self._inner.ask()
        n = len(self._all)
        if not self._surrogate.is_ready or n < 2:
            self._picked = np.arange(n)
            return self._all
        self._belief = self._surrogate.believe(self._all)
        count = max(1, round(self.rendered * n))
        bound = self._belief.distances - _HOPE * self._belief.deviations
        hopeful = np.argsort(bound, kind="stable")[: count - count // 4]
        others = np.setdiff1d(np.arange(n), hopeful)
        random = self._rng.choice(others, count - len(hopeful), replace=False)
        self._picked = np.sort(np.concatenate([hopeful, random]))
        return self._all[self._picked]

    def _tell(self, told: Told) -> None:
        self._surrogate.learn(told.genotypes, told.scores, told.residuals)
        scores = np.empty((len(self._all), told.scores.shape[1]))
        if len(self._picked) < len(self._all):
            scores[:] = self._belief.scores
        scores[self._picked] = told.scores
        self._inner.tell(self._all, scores)

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return self._inner.stopped()
