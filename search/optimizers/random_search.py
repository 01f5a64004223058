"""Random search: the base line that every other method has to beat."""

from dataclasses import dataclass
from typing import ClassVar

from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class RandomSearch(Optimizer):
    """Draws every genotype from the parameters' priors.

    Args:
        population: Genotypes a generation; the first asks for the initial ones first.
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
