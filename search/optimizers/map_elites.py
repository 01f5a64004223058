"""MAP-Elites (Mouret and Clune, "Illuminating search spaces by mapping elites", 2015)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from patchwright.search.discrete import RARELY, categories, redraw
from patchwright.search.optimizer import Told, at_least, share
from patchwright.search.optimizers.quality_diversity import QualityDiversity
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class MapElites(QualityDiversity):
    """MAP-Elites: many presets that differ in descriptors, each the closest of its kind.

    A child of two elites x_i and x_j is (Iso+LineDD: Vassiliades and Mouret, "Discovering the
    elite hypervolume by leveraging interspecies correlation", GECCO 2018)

        x = x_i + step N(0, I) + line (x_j - x_i) N(0, 1)    (1)

    A category is that of one of the two, or rarely any.

    Args:
        step: Standard deviation in all directions, in the unit cube.
        line: Standard deviation along the line between the two, in units of its length.
    """

    step: float = 0.05
    line: float = 0.2

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        super()._setup()
        at_least("population", self.population, 1)
        share("step", self.step)
        share("line", self.line)
        self._columns = np.flatnonzero(categories(self.subspace))
        self._operator_seed = int(self._rng.integers(2**31))

    def _ask(self) -> Array:
        if self._archive is None:
            return self._first()
        elites = self._archive.sample_elites(2 * self.population)["solution"]
        parents = elites.reshape(2, self.population, -1)
        children: Array = np.clip(self._operator.ask(parents), 0.0, 1.0)
        if len(columns := self._columns):
            one, other = parents[:, :, columns]
            taken = np.where(self._rng.random(one.shape) < self.line, other, one)
            children[:, columns] = redraw(taken, self.subspace.levels[columns], RARELY, self._rng)
        return children

    def _tell(self, told: Told) -> None:
        if self._archive is None:
            from ribs.emitters.operators import IsoLineOperator

            self._operator = IsoLineOperator(self.step, self.line, seed=self._operator_seed)
        self._add(told)
