"""Random search: the baseline of all optimizers."""

from dataclasses import dataclass
from typing import ClassVar

from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class RandomSearch(Optimizer):
    """Samples all genotypes from the priors of the parameters.

    Args:
        population: Genotypes per generation; the first has the initial ones, then samples.
    """

    population: int = 50

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        at_least("population", self.population, 1)
        self._first = True

    def _ask(self) -> Array:
        if self._first:
            return self._starting_points(self.population)
        return self.subspace.sample(self.population, self._rng)

    def _tell(self, told: Told) -> None:
        self._first = False
