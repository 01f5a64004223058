"""SMS-EMOA (Beume et al., "Multiobjective selection based on dominated hypervolume", 2007)."""

from dataclasses import dataclass
from typing import Any

from pymoo.algorithms.moo import sms

from patchwright.search.optimizers.pymoo_optimizer import PymooGenetic
from patchwright.synths.parameters import Array


@dataclass(kw_only=True, eq=False)
class SMSEMOA(PymooGenetic):
    """SMS-EMOA: drops the members that add least to the dominated hypervolume; by pymoo.

    Each generation has many children, not one as in the paper.
    """

    def _algorithm(self, start: Array) -> Any:
        return sms.SMSEMOA(
            pop_size=self.population,
            sampling=start,
            survival=sms.LeastHypervolumeContributionSurvival(),
            **self._operators(),
        )
