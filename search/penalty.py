"""The cost of presets that are unlikely under the prior of a search, or that have more parts."""

from dataclasses import dataclass

import numpy as np

from patchwright.synths.parameters import Array, Subspace


@dataclass(frozen=True, eq=False)
class Penalty:
    """What presets cost besides their distance from the target.

    Attributes:
        subspace: Subspace, whose parameters may have costs, and which may have a prior.
        weight: Distances of the median random preset that a nat a parameter costs.
    """

    subspace: Subspace
    weight: float

    def __call__(self, genotypes: Array) -> Array:
        """Return the costs of genotypes `[n, d]`, `[n, 1]`."""
        prior, free = self.subspace.prior, self.subspace.free
        of_each, costs = self.subspace.space.costs[free], np.zeros(len(genotypes))
        if of_each.any():
            costs += (self.subspace.decode(genotypes)[:, free] * of_each).sum(axis=1)
        if prior is not None and self.weight and len(genotypes):
            costs += self.weight * prior.excess(genotypes)
        return costs[:, np.newaxis]
