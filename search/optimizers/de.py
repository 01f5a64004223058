"""Differential evolution (Storn and Price, "Differential evolution", 1997), by pymoo."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pymoo.algorithms.soo.nonconvex import de
from pymoo.operators.control import NoParameterControl

from patchwright.search.discrete import RARELY, categories, redraw, snap
from patchwright.search.optimizer import share
from patchwright.search.optimizers.pymoo_optimizer import PymooOptimizer
from patchwright.synths.parameters import Array, Subspace


@dataclass(kw_only=True, eq=False)
class DE(PymooOptimizer):
    """DE/rand/1/bin: steps are differences between members; minimises the mean of the objectives.

        v = x_r1 + F (x_r2 - x_r3)    (1)

    Crossover takes genes of the mutant v. Where it would take a category, that of a random member
    is taken, or rarely any.

    Args:
        weight: Weight F of the difference in (1).
        crossover: Probability CR that a gene comes from the mutant.
    """

    weight: float = 0.5
    crossover: float = 0.5

    multi_objective: ClassVar[bool] = False
    least_population: ClassVar[int] = 4

    def _algorithm(self, start: Array) -> Any:
        variant = _MixedVariant(
            self.subspace,
            selection="rand",
            F=share("weight", self.weight),
            CR=share("crossover", self.crossover),
            control=NoParameterControl,
        )
        return de.DE(pop_size=self.population, sampling=start, variant=variant, output=None)


class _MixedVariant(de.Variant):  # type: ignore[misc]
    """pymoo's variant, with discrete coordinates at bin centres."""

    def __init__(self, subspace: Subspace, **options: Any) -> None:
        super().__init__(**options)
        self._levels = subspace.levels
        self._columns = np.flatnonzero(categories(subspace))

    def do(self, problem: Any, pop: Any, n_offsprings: int, **kwargs: Any) -> Any:
        off = super().do(problem, pop, n_offsprings, **kwargs)
        trials, targets = snap(off.get("X"), self._levels), pop.get("X").astype(np.float64)
        if len(self._columns):
            rng = kwargs["algorithm"].random_state
            before = targets[:, self._columns]
            members = rng.integers(len(targets), size=before.shape)
            taken = np.take_along_axis(before, members, axis=0)
            taken = redraw(taken, self._levels[self._columns], RARELY, rng)
            changed = trials[:, self._columns] != before
            trials[:, self._columns] = np.where(changed, taken, before)
        off.set("X", trials)
        return off
