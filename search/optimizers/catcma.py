"""CatCMA with margin (Hamano et al., "CatCMA with margin", GECCO 2025), by the cmaes library."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from patchwright.search.optimizer import Optimizer, Told, share
from patchwright.search.optimizers.evolution_strategy import (
    Progress,
    best_of,
    distribution,
    population_of,
)
from patchwright.search.optimizers.mixed_space import MixedSpace
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class CatCMA(Optimizer):
    """CMA-ES for mixed spaces; minimises the mean of the objectives.

    Numbers follow a normal distribution, the margin of which keeps every level of an integer
    probable, and categories follow a categorical distribution. Warm start and restarts are those
    of `CMAES` with `restarts="elite"`.

    Args:
        population: Genotypes per generation; `4 + 3 ln d` if None.
        sigma: First standard deviation in the unit cube, without initial genotypes and after
            restarts.
        elite: Share of the initial genotypes, the best, that give the first distribution.
        progress: Least relative improvement of the best score over `10 + 30 d / population`
            generations, below which it restarts; 0 leaves that to the library.
    """

    population: int | None = None
    sigma: float = 0.3
    elite: float = 0.1
    progress: float = 0.05

    supports_categories: ClassVar[bool] = True
    multi_objective: ClassVar[bool] = False

    def _setup(self) -> None:
        share("sigma", self.sigma)
        share("elite", self.elite)
        self._size = population_of(self.population, len(self.subspace), 4)
        self._space = MixedSpace(self.subspace)
        self._elite: Array | None = None
        if self.initial is None:
            self._start({"mean": np.full(len(self._space.numbers), 0.5), "sigma": self.sigma})
        else:
            self._elite = best_of(self.initial, self.elite)
            self._start(self._distribution(self._elite))

    def _distribution(self, elite: Array) -> dict[str, Any]:
        """Return the library's arguments for the distribution of the best initial genotypes."""
        arguments: dict[str, Any] = {"cat_param": self._space.probabilities(elite)}
        if len(self._space.numbers):
            mean, sigma, covariance = distribution(elite[:, self._space.numbers])
            arguments |= {"mean": mean, "sigma": sigma, "cov": covariance}
        return arguments

    def _start(self, arguments: dict[str, Any]) -> None:
        import cmaes  # here, because it imports scipy.stats, which is slow

        arguments.setdefault("cov", np.eye(len(self._space.numbers)))
        self._cma = cmaes.CatCMAwM(
            **self._space.spaces,
            **arguments,
            population_size=self._size,
            seed=int(self._rng.integers(2**31)),
        )
        self._progress = Progress(len(self.subspace), self._size, self.progress)

    def _ask(self) -> Array:
        self._solutions = [self._cma.ask() for _ in range(self._size)]
        return self._space.genotypes(self._solutions)

    def _tell(self, told: Told) -> None:
        scores = told.scores
        with warnings.catch_warnings():  # a median of nothing if all scores are equal
            warnings.simplefilter("ignore", RuntimeWarning)
            self._cma.tell(list(zip(self._solutions, scores[:, 0].tolist(), strict=True)))
        collapsed = len(self._space.numbers) > 0 and self._cma.should_stop()
        if self._progress.stuck(scores) or collapsed:
            self._restart()

    def _restart(self) -> None:
        centres = self.subspace.sample(1, self._rng) if self._elite is None else self._elite
        centre = centres[self._rng.integers(len(centres))]
        self._start(self._space.around(centre, self.sigma))
