"""The contract of every prior: a density over the presets of one synth."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from patchwright.synths.parameters import Array, Subspace
from patchwright.synths.priors.cells import Cells, Ids


@dataclass(frozen=True, eq=False)
class PresetPrior(ABC):
    """A joint distribution of the `P` parameters of a synth.

    Attributes:
        cells: Cells that the probabilities are of.
    """

    cells: Cells

    @property
    @abstractmethod
    def marginals(self) -> Array:
        """Probability of each cell, `[T]`; those of a parameter sum to 1."""

    @abstractmethod
    def draw_cells(self, n: int, rng: np.random.Generator) -> Ids:
        """Draw the cells of `n` presets, `[n, P]`."""

    @abstractmethod
    def log_probability(self, values: Array) -> Array:
        """Return the natural logarithm of the probability of the bins of presets.

        Args:
            values: Presets, `[n, P]`.

        Returns:
            Logarithms, `[n]`, at most 0; minus infinity where no draw can lie in the same bins.
        """

    @abstractmethod
    def within(self, subspace: Subspace) -> Self:
        """Return the distribution given the locked values and the limits of a subspace.

        Raises:
            SynthError: If it has no preset with these.
        """

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` presets, `[n, P]`."""
        return self.cells.draw(self.draw_cells(n, rng), rng)

    @cached_property
    def entropy(self) -> float:
        """Mean of minus `log_probability` over draws, in nats."""
        drawn = self.sample(_DRAWS, np.random.default_rng(0))
        return -float(self.log_probability(drawn).mean())


_DRAWS = 1_000  # presets that estimate an entropy
