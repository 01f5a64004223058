"""Random search: the base line that every other method has to beat."""

import numpy as np

from search.optimizer import Optimizer, at_least
from synths.parameters import Array, Subspace


class RandomSearch(Optimizer):
    """Draws every genotype from the parameters' priors.

    Args:
        subspace: See `Optimizer`.
        n_objectives: See `Optimizer`.
        seed: See `Optimizer`.
        initial: See `Optimizer`; asked for first.
        population: Genotypes a generation.
    """

    def __init__(
        self,
        subspace: Subspace,
        n_objectives: int,
        *,
        seed: int,
        initial: Array | None = None,
        population: int = 50,
    ) -> None:
        super().__init__(subspace, n_objectives, seed=seed, initial=initial)
        self.population = at_least("population", population, 1)
        self._rng = np.random.default_rng(seed)
        self._first = True

    def _ask(self) -> Array:
        if self._first:
            return self._starting_points(self.population, self._rng)
        return self.subspace.sample(self.population, self._rng)

    def _tell(self, genotypes: Array, scores: Array) -> None:
        self._first = False
