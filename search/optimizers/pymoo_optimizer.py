"""Base classes of the adaptors of pymoo's algorithms."""

import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM

from patchwright.search.discrete import categories, redraw, redraw_likely, snap, swap
from patchwright.search.optimizer import Optimizer, Told, at_least
from patchwright.synths.parameters import Array, Subspace


@dataclass(kw_only=True, eq=False)
class PymooOptimizer(Optimizer):
    """Asks and tells a pymoo algorithm.

    Args:
        population: Genotypes per generation; the first has the initial ones, then samples of the
            prior.
    """

    population: int = 50

    supports_categories: ClassVar[bool] = True
    least_population: ClassVar[int] = 2

    @abstractmethod
    def _algorithm(self, start: Array) -> Any:
        """Return a pymoo algorithm whose first generation is `start`, `[population, d]`.

        Give it its own operators: pymoo shares the default ones between all algorithms.
        """

    def _setup(self) -> None:
        at_least("population", self.population, self.least_population)
        self._pymoo = self._algorithm(self._starting_points(self.population))
        problem = Problem(n_var=len(self.subspace), n_obj=self._n_scores, xl=0.0, xu=1.0)
        self._pymoo.setup(problem, seed=self.seed, termination=NoTermination())
        self._exhausted = False

    def _ask(self) -> Array:
        self._offspring = self._pymoo.ask()
        if self._offspring is None:
            self._exhausted = True
            return np.empty((0, len(self.subspace)))
        return np.asarray(np.clip(self._offspring.get("X").astype(np.float64), 0.0, 1.0))

    def _tell(self, told: Told) -> None:
        scores = told.scores
        self._offspring.set("F", scores)
        with warnings.catch_warnings():  # pymoo's NSGA-III turns all warnings off
            self._pymoo.tell(infills=self._offspring)

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return "crossover and mutation make nothing new" if self._exhausted else None


@dataclass(kw_only=True, eq=False)
class PymooGenetic(PymooOptimizer):
    """Adds the operators that the genetic algorithms share.

    The default indices give wider steps than pymoo's (15 to 30), which is better for small budgets.

    Args:
        crossover_eta: Distribution index of simulated binary crossover.
        mutation_eta: Distribution index of polynomial mutation.
    """

    crossover_eta: float = 3.0
    mutation_eta: float = 3.0

    crossover_rate: ClassVar[float] = 0.9

    def _operators(self) -> dict[str, Any]:
        """Return pymoo's arguments for variation, and for no display."""
        crossover = MixedSBX(self.subspace, eta=self.crossover_eta, prob=self.crossover_rate)
        mutation = MixedPM(self.subspace, eta=self.mutation_eta)
        repair = _Snap(self.subspace.levels)
        return {"crossover": crossover, "mutation": mutation, "repair": repair, "output": None}


class _Snap(Repair):  # type: ignore[misc]
    """Moves discrete coordinates to bin centres, so that pymoo recognises duplicates."""

    def __init__(self, levels: NDArray[np.int64]) -> None:
        super().__init__()
        self._levels = levels

    def _do(self, problem: Any, X: Array, **kwargs: Any) -> Array:
        return snap(X.astype(np.float64), self._levels)


class MixedSBX(SBX):  # type: ignore[misc]
    """Simulated binary crossover (Deb and Agrawal, 1995); categories are swapped."""

    def __init__(self, subspace: Subspace, **options: Any) -> None:
        super().__init__(**options)
        self._columns = np.flatnonzero(categories(subspace))

    def _do(self, problem: Any, X: Any, *args: Any, random_state: Any, **kwargs: Any) -> Any:
        children = super()._do(problem, X, *args, random_state=random_state, **kwargs)
        if len(self._columns):
            first, second = X[:, :, self._columns].astype(np.float64)
            children[:, :, self._columns] = swap(first, second, random_state)
        return children


class MixedPM(PM):  # type: ignore[misc]
    """Polynomial mutation (Deb and Goyal, 1996); categories are redrawn.

    With a joint prior, a share of the mutated genes are those of its samples.
    """

    def __init__(self, subspace: Subspace, **options: Any) -> None:
        super().__init__(**options)
        self._subspace = subspace
        self._columns = np.flatnonzero(categories(subspace))
        self._levels = subspace.levels[self._columns]

    def _do(self, problem: Any, X: Any, *args: Any, random_state: Any, **kwargs: Any) -> Any:
        mutants = super()._do(problem, X, *args, random_state=random_state, **kwargs)
        if len(self._columns):
            mutants[:, self._columns] = redraw(
                X[:, self._columns].astype(np.float64),
                self._levels,
                min(0.5, 1 / problem.n_var),
                random_state,
            )
        if self._subspace.prior is not None:
            return redraw_likely(X.astype(np.float64), mutants, self._subspace, random_state)
        return mutants
