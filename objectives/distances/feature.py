"""The distance of most objectives: the mean absolute difference of one feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target


@dataclass(frozen=True, eq=False)
class FeatureDistance:
    """Mean absolute difference of a feature from the target's, over all its values.

    Attributes:
        feature: Function from sounds `[n, c, t]` to features `[n, c, ...]`; a function of a module
            or a `functools.partial` of one, so that it can be pickled.
        target: Feature of the target, `[c, ...]`.
    """

    feature: Callable[[Spectra], Tensor]
    target: Tensor

    @classmethod
    def to(cls, target: Target, feature: Callable[[Spectra], Tensor]) -> FeatureDistance:
        """Compute the target's feature and return the distance to it."""
        return cls(feature, feature(target_spectra(target))[0])

    def __call__(self, candidates: Spectra) -> Tensor:
        """Measure candidates `[n, c, t]`: distances `[n]`, in the feature's unit."""
        return (self.feature(candidates) - self.target).abs().flatten(1).mean(1)
