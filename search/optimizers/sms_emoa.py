"""SMS-EMOA (Beume et al., "Multiobjective selection based on dominated hypervolume", 2007)."""

from dataclasses import dataclass
from typing import Any

from pymoo.algorithms.moo import sms

from patchwright.search.optimizers.pymoo_optimizer import PymooGenetic
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class SMSEMOA(PymooGenetic):
    """A population that drops whoever adds least to the dominated hypervolume; by pymoo.

    A whole generation is asked at once, not one genotype as in the paper.
    """

    def _algorithm(self, start: Array) -> Any:
        return sms.SMSEMOA(
            pop_size=self.population,
            sampling=start,
            survival=sms.LeastHypervolumeContributionSurvival(),
            **self._operators(),
        )
