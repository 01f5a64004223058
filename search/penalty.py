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
        values = self.subspace.decode(genotypes)[:, free]
        costs: Array = (values * self.subspace.space.costs[free]).sum(axis=1)
        if prior is not None and self.weight and len(genotypes):
            costs += self.weight * prior.excess(genotypes)
        return np.asarray(costs[:, np.newaxis])
