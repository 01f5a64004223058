"""CMA-ES (Hansen, "The CMA evolution strategy: a tutorial", 2016), by the cmaes library.

Equation numbers are those of the tutorial.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from patchwright.search.optimizer import Optimizer, Told, one_of, share
from patchwright.search.optimizers.evolution_strategy import (
    Progress,
    best_of,
    distribution,
    population_of,
)
from patchwright.synths.parameters import Array

_RESAMPLINGS = 20  # draws of a point outside the cube before it is clipped


@dataclass(kw_only=True, eq=False)
class CMAES(Optimizer):
    """Adapts a normal distribution; minimises the mean of the objectives.

    With initial genotypes, it starts with the distribution of the best of them (Nomura et al.,
    "Warm starting CMA-ES for hyperparameter optimization", AAAI 2021). Discrete parameters are
    searched as continuous ones, and may freeze in a bin.

    Args:
        population: Genotypes per generation; `4 + 3 ln d` if None (equation 48).
        sigma: First standard deviation in the unit cube, without initial genotypes and after
            restarts.
        elite: Share of the initial genotypes, the best, that give the first distribution.
        progress: Least relative improvement of the best score over `10 + 30 d / population`
            generations, below which the distribution has converged; 0 leaves that to the library.
        restarts: Behaviour after convergence: "elite" restarts around one of the best initial
            genotypes; "ipop" restarts anywhere, each time with twice the population (Auger and
            Hansen, CEC 2005); "bipop" alternates that with small populations and steps (Hansen,
            GECCO 2009); "none" stops.
    """

    population: int | None = None
    sigma: float = 0.3
    elite: float = 0.1
    progress: float = 0.05
    restarts: str = "elite"

    multi_objective: ClassVar[bool] = False

    def _setup(self) -> None:
        share("sigma", self.sigma)
        share("elite", self.elite)
        one_of("restarts", self.restarts, ("elite", "ipop", "bipop", "none"))
        d = len(self.subspace)
        self._first = self._largest = self._size = population_of(self.population, d, 2)
        self._evaluations = {"large": 0, "small": 0}
        self._regime = "large"
        self._ended = False
        if self.initial is None:
            self._elite = None
            self._start(np.full(d, 0.5), self.sigma)
        else:
            self._elite = best_of(self.initial, self.elite)
            self._start(*distribution(self._elite))

    def _start(self, mean: Array, sigma: float, covariance: Array | None = None) -> None:
        import cmaes  # here, because it imports scipy.stats, which is slow

        bounds = np.tile([0.0, 1.0], (len(mean), 1))
        with np.errstate(divide="ignore"):  # the rank-mu rate is 0 if the population is below 4
            self._cma = cmaes.CMA(
                np.clip(mean, 0, 1),
                sigma,
                bounds,
                population_size=self._size,
                cov=covariance,
                seed=0,
            )
        self._progress = Progress(len(mean), self._size, self.progress)

    def _ask(self) -> Array:
        """Draw the whole population at once, x = m + sigma B D z (equations 38 to 40).

        `cmaes.CMA.ask` decomposes the covariance for each point. As there, points outside the cube
        are drawn again, and clipped at the end.
        """
        if self._ended:
            return np.empty((0, len(self.subspace)))
        axes, lengths = self._cma._eigen_decomposition()
        shape = self._cma._sigma * (axes * lengths).T
        points = np.empty((self._size, self._cma.dim))
        outside: NDArray[np.bool_] = np.ones(self._size, bool)
        for _ in range(_RESAMPLINGS):
            normal = self._rng.standard_normal((int(outside.sum()), self._cma.dim))
            points[outside] = self._cma.mean + normal @ shape
            outside = np.any((points < 0) | (points > 1), axis=1)
            if not outside.any():
                break
        return np.clip(points, 0, 1)

    def _tell(self, told: Told) -> None:
        genotypes, scores = told.genotypes, told.scores
        self._cma.tell(list(zip(genotypes, scores[:, 0].tolist(), strict=True)))
        self._evaluations[self._regime] += len(scores)
        stuck = self._progress.stuck(scores)
        if self._cma.should_stop() or stuck:
            self._restart()

    def _restart(self) -> None:
        if self.restarts == "none":
            self._ended = True
        elif self.restarts == "elite":
            centres = self.subspace.sample(1, self._rng) if self._elite is None else self._elite
            self._start(centres[self._rng.integers(len(centres))], self.sigma)
        else:
            behind = self._evaluations["small"] < self._evaluations["large"]
            small = self.restarts == "bipop" and behind
            self._regime = "small" if small else "large"
            sigma = self.sigma
            if small:
                ratio = self._largest / self._first / 2
                self._size = int(self._first * max(ratio, 1) ** (self._rng.random() ** 2))
                sigma *= 10 ** (-2 * self._rng.random())
            else:
                self._size = self._largest = 2 * self._largest
            self._start(self._rng.random(len(self.subspace)), sigma)

    def stopped(self) -> str | None:
        """Return why there are no more proposals; see `Optimizer.stopped`."""
        return "the distribution makes no more progress" if self._ended else None
