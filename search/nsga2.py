"""NSGA-II (Deb et al., "A fast and elitist multiobjective genetic algorithm", 2002), by pymoo."""

import numpy as np
from pymoo.algorithms.moo import nsga2 as pymoo_nsga2
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from search.optimizer import Optimizer, at_least
from synths.parameters import Array, Subspace


class NSGA2(Optimizer):
    """A population ranked by dominance, then by crowding; for one objective a genetic algorithm.

    Steps are wider than pymoo's own (indices 15 and 20): that pays within small budgets, and with
    narrow steps a waveform or a filter type would hardly ever change.

    Args:
        subspace: See `Optimizer`.
        n_objectives: See `Optimizer`.
        seed: See `Optimizer`.
        initial: See `Optimizer`; the first generation, filled up from the prior.
        population: Genotypes a generation.
        crossover_eta: Distribution index of simulated binary crossover.
        mutation_eta: Distribution index of polynomial mutation.
    """

    def __init__(
        self,
        subspace: Subspace,
        n_objectives: int,
        *,
        seed: int,
        initial: Array | None = None,
        population: int = 50,
        crossover_eta: float = 3.0,
        mutation_eta: float = 3.0,
    ) -> None:
        super().__init__(subspace, n_objectives, seed=seed, initial=initial)
        self.population = at_least("population", population, 2)
        start = self._starting_points(self.population, np.random.default_rng((seed, 0)))
        # operators of its own: pymoo's default ones are shared between all algorithms
        self._algorithm = pymoo_nsga2.NSGA2(
            pop_size=self.population,
            sampling=start,
            crossover=SBX(eta=crossover_eta, prob=0.9),
            mutation=PM(eta=mutation_eta),
            survival=RankAndCrowding(),
            output=None,
        )
        self._algorithm.setup(
            Problem(n_var=len(subspace), n_obj=n_objectives, xl=0.0, xu=1.0),
            seed=seed,
            termination=NoTermination(),
        )
        self._exhausted = False

    def _ask(self) -> Array:
        self._offspring = self._algorithm.ask()
        if self._offspring is None:
            self._exhausted = True
            return np.empty((0, len(self.subspace)))
        return np.asarray(np.clip(self._offspring.get("X").astype(np.float64), 0.0, 1.0))

    def _tell(self, genotypes: Array, scores: Array) -> None:
        if len(genotypes):
            self._offspring.set("F", scores)
            self._algorithm.tell(infills=self._offspring)

    def stopped(self) -> str | None:
        """Say why there is nothing left to ask for; see `Optimizer.stopped`."""
        return "crossover and mutation make nothing new" if self._exhausted else None
