"""NSGA-III by pymoo.

Deb and Jain, "An evolutionary many-objective optimization algorithm using reference-point-based
nondominated sorting approach", 2014.
"""

from dataclasses import dataclass
from math import comb
from typing import Any, ClassVar

from pymoo.algorithms.moo import nsga3
from pymoo.util.ref_dirs import get_reference_directions

from patchwright.search.optimizer import at_least
from patchwright.search.optimizers.pymoo_optimizer import PymooGenetic
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class NSGA3(PymooGenetic):
    """NSGA-III: spreads over evenly spaced directions; for three objectives or more.

    The directions are those of Das and Dennis, as many as the population can follow.
    """

    crossover_rate: ClassVar[float] = 1.0

    def _algorithm(self, start: Array) -> Any:
        m = self.n_objectives
        at_least(f"population for {m} objectives", self.population, m)
        partitions = 1
        while m > 1 and comb(partitions + m, m - 1) <= self.population:
            partitions += 1
        return nsga3.NSGA3(
            get_reference_directions("das-dennis", m, n_partitions=partitions),
            pop_size=self.population,
            sampling=start,
            **self._operators(),
        )
