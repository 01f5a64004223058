"""NSGA-II (Deb et al., "A fast and elitist multiobjective genetic algorithm", 2002), by pymoo."""

from dataclasses import dataclass
from typing import Any

from pymoo.algorithms.moo import nsga2
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from patchwright.search.optimizers.pymoo_optimizer import PymooGenetic
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class NSGA2(PymooGenetic):
    """NSGA-II: ranks by dominance, then by crowding; with one objective a genetic algorithm."""

    def _algorithm(self, start: Array) -> Any:
        return nsga2.NSGA2(
            pop_size=self.population,
            sampling=start,
            survival=RankAndCrowding(),
            **self._operators(),
        )
