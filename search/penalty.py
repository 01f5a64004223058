"""The cost of presets that are unlikely under the prior of a search."""

from dataclasses import dataclass

import numpy as np

from patchwright.synths.parameters import Array, Subspace


@dataclass(frozen=True, eq=False)
class Penalty:
    """What presets that are unlikely under the prior cost.

    Attributes:
        subspace: Subspace with the prior.
        weight: Distances of the median random preset that a nat a parameter costs.
    """

    subspace: Subspace
    weight: float

    def __call__(self, genotypes: Array) -> Array:
        """Return the costs of genotypes `[n, d]`, `[n, 1]`."""
        prior = self.subspace.prior
        if prior is None or not self.weight or not len(genotypes):
            return np.zeros((len(genotypes), 1))
        return self.weight * prior.excess(genotypes)[:, np.newaxis]
