"""NSGA-II (Deb et al., 2002) by DEAP, with the operators of AutoSoundMatch."""

from dataclasses import dataclass

from deap import tools

from patchwright.search.optimizer import SearchError, at_least
from patchwright.search.optimizers.deap_optimizer import DeapGenetic, Individual
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class DeapNSGA2(DeapGenetic):
    """NSGA-II with bounded operators; AutoSoundMatch has `population: 30, tournament: false`.

    Args:
        crossover_eta: Distribution index of simulated binary crossover.
        mutation_eta: Distribution index of polynomial mutation.
        tournament: Whether parents are selected by tournaments of dominance and crowding, as in
            the paper; otherwise all members are parents, in their order.
    """

    population: int = 100
    crossover_rate: float = 1.0
    crossover_eta: float = 30.0
    mutation_eta: float = 20.0
    tournament: bool = True

    def _setup(self) -> None:
        super()._setup()
        if self.tournament:
            at_least("population", self.population, 4)
            if self.population % 4:
                raise SearchError(
                    f"population must be a multiple of 4 for tournaments, not {self.population}."
                )

    def _mate(self, first: Individual, second: Individual) -> None:
        tools.cxSimulatedBinaryBounded(first, second, self.crossover_eta, 0.0, 1.0)

    def _mutate(self, child: Individual) -> None:
        tools.mutPolynomialBounded(child, self.mutation_eta, 0.0, 1.0, self._gene_rate)

    def _offspring(self) -> Array:
        if not self.tournament:
            return self._vary(self._parents)
        return self._vary(tools.selTournamentDCD(self._parents, self.population))

    def _select(self, children: list[Individual]) -> None:
        self._parents = tools.selNSGA2(self._parents + children, self.population)
