"""CMA-ES (Hansen, "The CMA evolution strategy: a tutorial", 2016), by the cmaes library."""

import math

import cmaes
import numpy as np
from numpy.typing import NDArray

from search.optimizer import Optimizer, SearchError, at_least, scalarise
from synths.parameters import Array, Subspace

_RESAMPLINGS = 20
_BLUR = 0.1  # standard deviation around each of the best initial genotypes


class CMAES(Optimizer):
    """Adapts a normal distribution; several objectives are reduced to their mean.

    From initial genotypes it starts with the distribution of the best of them (Nomura et al.,
    "Warm starting CMA-ES for hyperparameter optimization", AAAI 2021). When it has collapsed or
    makes no progress, it starts again around one of them, or anywhere. Discrete parameters are
    searched as if they were continuous: they may freeze in a bin.

    Args:
        subspace: See `Optimizer`.
        n_objectives: See `Optimizer`.
        seed: See `Optimizer`.
        initial: See `Optimizer`; only their order counts.
        population: Genotypes a generation; None is the tutorial's `4 + 3 ln d`.
        sigma: First standard deviation in the unit cube where nothing is known.
        elite: Share of the initial genotypes that make the first distribution.
        progress: Restart when the best score falls by less than this share in as many generations
            as the library's own criterion looks at, `10 + 30 d / population`.
    """

    def __init__(
        self,
        subspace: Subspace,
        n_objectives: int,
        *,
        seed: int,
        initial: Array | None = None,
        population: int | None = None,
        sigma: float = 0.3,
        elite: float = 0.1,
        progress: float = 0.05,
    ) -> None:
        super().__init__(subspace, n_objectives, seed=seed, initial=initial)
        for name, share in (("sigma", sigma), ("elite", elite)):
            if not 0 < share <= 1:
                raise SearchError(f"{name} must lie above 0 and up to 1, not {share}.")
        if population is None:
            population = 4 + math.floor(3 * math.log(len(subspace)))
        self.population = at_least("population", population, 2)
        self.sigma = sigma
        self.progress = progress
        self._rng = np.random.default_rng(seed)
        if self.initial is None:
            self._elite = None
            self._start(np.full(len(subspace), 0.5), sigma)
        else:
            self._elite = self.initial[: max(1, int(elite * len(self.initial)))]
            known = [(row, 0.0) for row in self._elite]
            self._start(*cmaes.get_warm_start_mgd(known, gamma=1.0, alpha=_BLUR))

    def _start(self, mean: Array, sigma: float, covariance: Array | None = None) -> None:
        bounds = np.tile([0.0, 1.0], (len(mean), 1))
        with np.errstate(divide="ignore"):  # of populations below 4, whose rank-mu rate is 0
            self._cma = cmaes.CMA(
                np.clip(mean, 0, 1),
                sigma,
                bounds,
                population_size=self.population,
                cov=covariance,
                seed=0,
            )
        self._best: list[float] = []

    def _ask(self) -> Array:
        """Draw the whole population at once; `cmaes.CMA.ask` decomposes again for each point.

        As there, points outside the cube are drawn again, and clipped at the end.
        """
        axes, lengths = self._cma._eigen_decomposition()
        shape = self._cma._sigma * (axes * lengths).T
        points = np.empty((self.population, self._cma.dim))
        outside: NDArray[np.bool_] = np.ones(self.population, bool)
        for _ in range(_RESAMPLINGS):
            normal = self._rng.standard_normal((int(outside.sum()), self._cma.dim))
            points[outside] = self._cma.mean + normal @ shape
            outside = np.any((points < 0) | (points > 1), axis=1)
            if not outside.any():
                break
        return np.clip(points, 0, 1)

    def _tell(self, genotypes: Array, scores: Array) -> None:
        reduced = scalarise(scores)
        self._cma.tell(list(zip(genotypes, reduced.tolist(), strict=True)))
        self._best.append(float(reduced.min()))
        if self._cma.should_stop() or self._stagnates():
            known = self.subspace.sample(1, self._rng) if self._elite is None else self._elite
            self._start(known[self._rng.integers(len(known))], self.sigma)

    def _stagnates(self) -> bool:
        window = 10 + math.ceil(30 * self._cma.dim / self.population)
        if len(self._best) <= window:
            return False
        return min(self._best[-window:]) > min(self._best[:-window]) * (1 - self.progress)
