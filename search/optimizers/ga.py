"""A real-coded genetic algorithm by DEAP.

Crossover BLX: Eshelman and Schaffer, "Real-coded genetic algorithms and interval-schemata", 1993.
"""

from dataclasses import dataclass
from typing import ClassVar

from deap import tools

from patchwright.search.optimizer import at_least, one_of
from patchwright.search.optimizers.deap_optimizer import DeapGenetic, Individual
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class GA(DeapGenetic):
    """Tournaments, crossover, Gaussian mutation, an elite; minimises the mean of the objectives.

    spiegelib's settings are `population: 100, crossover: two_point, crossover_rate: 0.5,
    mutation_rate: 0.3, gene_rate: 0.05, elite: 0`, except for its mutation, which flips floats.

    Args:
        crossover: Kind of crossover: "blend" (BLX), "sbx" (simulated binary) or "two_point".
        spread: Parameter alpha of "blend", or eta of "sbx".
        step: Standard deviation of mutation.
        tournament: Members of a tournament.
        elite: Number of best members that survive a generation.
    """

    crossover: str = "blend"
    spread: float = 0.5
    step: float = 0.1
    tournament: int = 3
    elite: int = 1

    multi_objective: ClassVar[bool] = False

    def _setup(self) -> None:
        super()._setup()
        one_of("crossover", self.crossover, ("blend", "sbx", "two_point"))
        at_least("tournament", self.tournament, 1)
        at_least("elite", self.elite, 0)

    def _mate(self, first: Individual, second: Individual) -> None:
        if self.crossover == "blend":
            tools.cxBlend(first, second, self.spread)
        elif self.crossover == "sbx":
            tools.cxSimulatedBinaryBounded(first, second, self.spread, 0.0, 1.0)
        elif len(first) > 1:
            tools.cxTwoPoint(first, second)

    def _mutate(self, child: Individual) -> None:
        tools.mutGaussian(child, 0.0, self.step, self._gene_rate)

    def _offspring(self) -> Array:
        return self._vary(tools.selTournament(self._parents, self.population, self.tournament))

    def _select(self, children: list[Individual]) -> None:
        elite = tools.selBest(self._parents, self.elite)
        self._parents = elite + tools.selBest(children, self.population - len(elite))
