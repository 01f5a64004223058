"""Relaxed presets: what networks read, and what gradients can move.

A continuous parameter is one column from 0 to 1. A discrete one is a column per level: the
probability of that level. A preset has probabilities of 0 and 1; a mixture of levels is between
presets, and has a gradient towards each of them, which rounding (and so argmax) would cut off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patchwright.synths.parameters import Array, Subspace

MOST_LEVELS = 64
"""Most levels that get a column each; a parameter with more is one column, as if continuous."""


@dataclass(frozen=True, eq=False)
class RelaxedSpace:
    """The columns of relaxed presets.

    Attributes:
        names: Names of the `d` parameters.
        levels: Number of levels of each, `[d]`; 0 if continuous.

    Examples:
        >>> space = RelaxedSpace(("cutoff", "wave"), np.array([0, 3]))
        >>> relaxed = space.relax(np.array([[0.25, 1.0]]))
        >>> relaxed
        tensor([[0.2500, 0.0000, 0.0000, 1.0000]])
        >>> space.values(relaxed)
        array([[0.25, 1.  ]])
    """

    names: tuple[str, ...]
    levels: NDArray[np.int64]

    @classmethod
    def of(cls, subspace: Subspace) -> "RelaxedSpace":
        """Return the columns of a subspace's free parameters; limits leave them as they are."""
        return cls(subspace.names, subspace.space.levels[subspace.free])

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Number of columns of each parameter, `[d]`."""
        return tuple(int(k) if 0 < k <= MOST_LEVELS else 1 for k in self.levels)

    @cached_property
    def width(self) -> int:
        """Number of columns, `w`."""
        return sum(self.widths)

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """Columns of each parameter, `[d]`."""
        ends = np.cumsum(self.widths)
        return tuple(
            slice(int(end) - width, int(end)) for end, width in zip(ends, self.widths, strict=True)
        )

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """Positions of the parameters with one column, `[a]`."""
        return np.flatnonzero([width == 1 for width in self.widths])

    @cached_property
    def choices(self) -> NDArray[np.int64]:
        """Positions of the parameters with a column per level, `[d - a]`."""
        return np.flatnonzero([width > 1 for width in self.widths])

    @cached_property
    def number_columns(self) -> NDArray[np.int64]:
        """Columns of the parameters with one column, `[a]`."""
        return self.columns(self.numbers)

    @cached_property
    def choice_columns(self) -> NDArray[np.int64]:
        """Columns of levels, `[w - a]`."""
        return self.columns(self.choices)

    def columns(self, parameters: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the columns of some parameters, in their order."""
        blocks = (self.blocks[i] for i in parameters)
        return np.array([c for b in blocks for c in range(b.start, b.stop)], np.int64)

    def relax(self, values: Array) -> Tensor:
        """Convert values `[n, d]` of presets to relaxed ones `[n, w]`, float32."""
        values = np.asarray(values, np.float64)
        relaxed = np.zeros((len(values), self.width), np.float32)
        relaxed[:, self.number_columns] = values[:, self.numbers]
        firsts = np.array([self.blocks[i].start for i in self.choices], np.int64)
        steps = np.array([self.widths[i] - 1 for i in self.choices], np.float64)
        level = np.rint(values[:, self.choices] * steps).astype(np.int64)
        np.put_along_axis(relaxed, firsts + level, 1.0, axis=1)
        return torch.from_numpy(relaxed)

    def values(self, relaxed: Tensor) -> Array:
        """Convert relaxed presets `[n, w]` to values `[n, d]`, at the likeliest levels."""
        found = np.empty((len(relaxed), len(self)))
        array = relaxed.detach().cpu().double().numpy()
        found[:, self.numbers] = np.clip(array[:, self.number_columns], 0.0, 1.0)
        for i in self.choices:
            found[:, i] = array[:, self.blocks[i]].argmax(axis=1) / (self.widths[i] - 1)
        return found
