"""Many starts through a model's gradient, and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least
from patchwright.surrogates.assisted.guide import Guide
from patchwright.surrogates.assisted.starts import believed_starts
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class Gradient(Optimizer):
    """Descents from the best of many random presets, again and again.

    Renders are only judged: they do not correct the model, as `hybrid`'s do. The random presets of
    the calibration tell how spectrograms and objectives are related.

    Args:
        guide: Model, bound to the target.
        batch: Presets in a generation.
    """

    guide: Guide | None = None
    batch: int = 16

    supports_categories: ClassVar[bool] = True
    learns_from_residuals: ClassVar[bool] = True
    needs_guide: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.guide is None:
            raise SearchError("This optimizer needs a model: pass a guide.")
        at_least("batch", self.batch, 1)
        self._surrogate = self.guide.surrogate(correct=False)
        n_initial = 0 if self.initial is None else len(self.initial)
        self._unevaluated: Array | None = self._starting_points(max(self.batch, n_initial))

    def _ask(self) -> Array:
        if self._unevaluated is not None:
            return self._unevaluated
        if not self._surrogate.is_ready:
            return self.subspace.sample(self.batch, self._rng)
        return believed_starts(self._surrogate, self.subspace, self.batch, self._rng)

    def _tell(self, told: Told) -> None:
        self._unevaluated = None
        self._surrogate.learn(told.genotypes, told.scores, told.residuals)
