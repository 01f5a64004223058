"""MO-CMA-ES (Voss et al., "Improved step size adaptation for the MO-CMA-ES", 2010), by DEAP."""

from dataclasses import dataclass, replace

import numpy as np
from deap import cma

from patchwright.search.optimizer import Told, share
from patchwright.search.optimizers.deap_optimizer import DeapOptimizer, Individual
from patchwright.synths.parameters import Array

_PENALTY = 1e-6  # weight of the squared distance to the cube, as in DEAP's example


@dataclass(kw_only=True, eq=False)
class MOCMAES(DeapOptimizer):
    """Each member has its own normal distribution; selection is by hypervolume.

    Discrete parameters are searched as continuous ones, and may freeze in a bin.

    Args:
        sigma: First standard deviation in the unit cube.
    """

    sigma: float = 0.1

    def _setup(self) -> None:
        super()._setup()
        share("sigma", self.sigma)

    @property
    def _n_scores(self) -> int:
        return max(2, self.n_objectives)  # DEAP cannot sort by one: it gets it twice

    def _tell(self, told: Told) -> None:
        if told.scores.shape[1] == 1:
            told = replace(told, scores=np.repeat(told.scores, 2, axis=1))
        super()._tell(told)

    def _offspring(self) -> Array:
        self._children = self._strategy.generate(self._individual)
        return np.asarray(np.clip(np.array(self._children), 0.0, 1.0))

    def _select(self, children: list[Individual]) -> None:
        if not self._parents:
            n = len(children)
            self._strategy = cma.StrategyMultiObjective(children, self.sigma, mu=n, lambda_=n)
        else:
            for drawn, scored in zip(self._children, children, strict=True):
                overshoot = float(((np.array(drawn) - np.array(scored)) ** 2).sum())
                values = np.array(scored.fitness.values) + _PENALTY * overshoot
                drawn.fitness.values = tuple(values.tolist())
            self._strategy.update(self._children)
        self._parents = self._strategy.parents
