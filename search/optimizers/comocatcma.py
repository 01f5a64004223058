"""COMO-CatCMA with margin (Hamano et al., "CatCMA with margin", 2025), by the cmaes library."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

from patchwright.search.optimizer import Optimizer, SearchError, Told, at_least, share
from patchwright.search.optimizers.evolution_strategy import population_of
from patchwright.search.optimizers.mixed_space import MixedSpace
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class COMOCatCMA(Optimizer):
    """Several CatCMAs that each search one point of the front; for two objectives only.

    A kernel's genotypes are ranked by what they add to the hypervolume of the other kernels'
    centres. Each generation has the genotypes of one kernel and the centre of one; the first has
    the centres of all other kernels instead.

    Args:
        population: Genotypes of a kernel; `4 + 3 ln d` if None.
        kernels: Number of kernels, which start at the initial genotypes, then at samples of the
            prior.
        sigma: First standard deviation in the unit cube.
    """

    population: int | None = None
    kernels: int = 10
    sigma: float = 0.2

    supports_categories: ClassVar[bool] = True

    def _setup(self) -> None:
        if self.n_objectives != 2:
            raise SearchError(
                f"comocatcma needs two objectives, not {self.n_objectives}: use nsga3 for "
                "more, or catcma for one."
            )
        import cmaes  # here, because it imports scipy.stats, which is slow

        at_least("kernels", self.kernels, 2)
        share("sigma", self.sigma)
        size = population_of(self.population, len(self.subspace), 4)
        self._space = MixedSpace(self.subspace)
        kernels = [
            cmaes.CatCMAwM(
                **self._space.spaces,
                **self._space.around(row, self.sigma),
                population_size=size,
            )
            for row in self._starting_points(self.kernels)
        ]
        seed = int(self._rng.integers(2**31))
        self._como = cmaes.COMOCatCMAwM(**self._space.spaces, kernels=kernels, seed=seed)

    def _ask(self) -> Array:
        self._solutions = list(self._como.ask_iter())
        return self._space.genotypes(self._solutions)

    def _tell(self, told: Told) -> None:
        scores = told.scores
        with warnings.catch_warnings():  # a median of nothing if all scores are equal
            warnings.simplefilter("ignore", RuntimeWarning)
            self._como.tell(list(zip(self._solutions, scores.tolist(), strict=True)))
