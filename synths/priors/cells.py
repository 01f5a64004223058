"""Cells: the finite partition of a parameter space on which priors are defined.

A level of a discrete parameter is a cell. A continuous parameter has `BINS` equal bins, and a cell
of its own, a point, for each value that presets repeat exactly, such as 0 or a default; points
divide the bins that they lie in. So a prior has a probability for each cell. Within a cell all
values are equally likely; at a point there is only one.

Likelihoods are those of bins and levels, whatever the points: the probability that a draw lies in
the same bin. Priors with other points, or without any, can thus be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, ParameterSpace, Subspace

Ids = NDArray[np.int64]

BINS = 64
_REACH = 2.0**-20  # half the width of a point: plugins round values to float32
_REPEATED = 0.01  # share of the presets that repeat a value for it to be a point
_FEWEST = 3  # presets that do


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of `P` parameters, `T` of them, those of a parameter side by side and ascending.

    Attributes:
        first: Position of the first cell of each parameter, and `T`, `[P + 1]`.
        starts: Lower end of each cell, `[T]`, which belongs to it.
        low: Lowest value drawn in each cell, `[T]`; `starts` unless `cut` raised it.
        high: Highest value drawn in each cell, `[T]`.
        points: The only value of a level or a point, `[T]`; NaN for the other cells.

    Examples:
        A parameter of two levels, and a continuous one that is often 0.5:

        >>> cells = Cells.of([2, 0], [[], [0.5]])
        >>> len(cells), cells.index(np.array([[1.0, 0.5], [0.0, 0.01]])).tolist()
        (67, [[1, 34], [0, 2]])
    """

    first: Ids
    starts: Array
    low: Array
    high: Array
    points: Array

    @classmethod
    def of(cls, levels: Sequence[int], points: Sequence[Sequence[float]]) -> "Cells":
        """Divide a space.

        Args:
            levels: Number of levels of each parameter, `[P]`; 0 if continuous.
            points: Values with cells of their own, ascending, for each parameter; those of
                discrete parameters are ignored.
        """
        columns = [
            _levels(k) if k else _intervals(np.asarray(own, float))
            for k, own in zip(levels, points, strict=True)
        ]
        sizes = [len(column[0]) for column in columns]
        low, high, values = (np.concatenate(part) for part in zip(*columns, strict=True))
        first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(first, low, low, high, values)

    @classmethod
    def around(cls, space: ParameterSpace, values: Array) -> "Cells":
        """Divide a space, with a point at each value that many presets `[n, P]` repeat."""
        least = max(_FEWEST, _REPEATED * len(values))
        return cls.of(space.levels.tolist(), [_repeated(column, least) for column in values.T])

    def __len__(self) -> int:
        return len(self.low)

    @property
    def n_parameters(self) -> int:
        """Number of parameters, `P`."""
        return len(self.first) - 1

    @cached_property
    def parameter(self) -> Ids:
        """Parameter of each cell, `[T]`."""
        return np.repeat(np.arange(self.n_parameters), np.diff(self.first))

    @cached_property
    def centres(self) -> Array:
        """A value in the middle of each cell, `[T]`."""
        return np.where(np.isnan(self.points), (self.low + self.high) / 2, self.points)

    @cached_property
    def bin_starts(self) -> Ids:
        """First cell of each bin or level, ascending."""
        is_level = self.is_level
        number = np.where(is_level, np.arange(len(self)), np.floor(self.centres * BINS))
        number = np.where(is_level, number, np.minimum(number, BINS - 1))
        change = (np.diff(number) != 0) | (np.diff(self.parameter) != 0)
        return np.concatenate([[0], np.flatnonzero(change) + 1])

    @cached_property
    def bins(self) -> Ids:
        """Bin or level of each cell, numbered over all parameters, `[T]`."""
        return np.repeat(
            np.arange(len(self.bin_starts)), np.diff([*self.bin_starts.tolist(), len(self)])
        )

    @cached_property
    def is_level(self) -> NDArray[np.bool_]:
        """Whether each cell is a level, `[T]`; points have a continuous neighbour."""
        plain = np.isnan(self.points)
        return ~np.logical_or.reduceat(plain, self.first[:-1])[self.parameter]

    def of_parameter(self, column: int) -> slice:
        """Return the cells of one parameter."""
        return slice(int(self.first[column]), int(self.first[column + 1]))

    def index(self, values: Array) -> Ids:
        """Return the cells of presets `[n, P]`, `[n, P]`."""
        found = [
            self.first[column]
            + np.searchsorted(self.starts[self.of_parameter(column)], values[:, column], "right")
            - 1
            for column in range(self.n_parameters)
        ]
        return np.asarray(np.maximum(np.stack(found, axis=1), self.first[:-1]))

    def draw(self, ids: Ids, rng: np.random.Generator) -> Array:
        """Draw a value in each of the cells `[n, P]`, `[n, P]`."""
        u = rng.random(ids.shape)
        spread = self.low[ids] + u * (self.high - self.low)[ids]
        return np.where(np.isnan(self.points[ids]), spread, self.points[ids])

    def summed(self, probabilities: Array) -> Array:
        """Return the probability of the bin or level of each cell, `[..., T]`."""
        return np.asarray(np.add.reduceat(probabilities, self.bin_starts, axis=-1)[..., self.bins])

    def cut(self, subspace: Subspace) -> tuple["Cells", Array]:
        """Cut the cells to what locks and limits allow.

        A locked parameter keeps the cells in the bin of its value, so that a lock says no more than
        likelihoods do.

        Returns:
            The cells, and the share of each that is left, `[T]`.
        """
        left = np.ones(len(self))
        low, high = self.low.copy(), self.high.copy()
        locked = np.setdiff1d(np.arange(self.n_parameters), subspace.free)
        at = self.bins[self.index(subspace.locked[np.newaxis])[0]]
        left[np.isin(self.parameter, locked)] = 0
        left[np.isin(self.bins, at[locked])] = 1
        for place, limit in subspace.limits.items():
            cells = self.of_parameter(int(subspace.free[place]))
            if len(limit.levels):
                left[cells] = np.isin(np.arange(cells.stop - cells.start), limit.levels)
                continue
            width = high[cells] - low[cells]
            low[cells] = np.clip(low[cells], limit.low, limit.high)
            high[cells] = np.clip(high[cells], limit.low, limit.high)
            inside = (self.points[cells] >= limit.low) & (self.points[cells] <= limit.high)
            share = (high[cells] - low[cells]) / width
            left[cells] = np.where(np.isnan(self.points[cells]), share, inside)
        return replace(self, low=low, high=high), left


def _levels(k: int) -> tuple[Array, Array, Array]:
    """Return lower ends, upper ends and values of `k` levels, `[k]` each."""
    steps = max(k - 1, 1)
    level = np.arange(k)
    return (level - 0.5) / steps, (level + 0.5) / steps, level / steps


def _intervals(points: Array) -> tuple[Array, Array, Array]:
    """Return lower ends, upper ends and values of points and of the bins that they divide."""
    edges = np.arange(BINS) / BINS
    within = (np.abs(edges[:, np.newaxis] - points) <= _REACH).any(axis=1)
    starts = np.unique(np.concatenate([edges[~within], points - _REACH, points + _REACH]))
    starts = starts[starts < 1]
    values = np.full(len(starts), np.nan)
    values[np.searchsorted(starts, points - _REACH)] = points
    return starts, np.append(starts[1:], 1.0), values


def _repeated(column: Array, least: float) -> list[float]:
    """Return the values that at least so many presets `[n]` repeat, ascending and apart."""
    grid = np.rint(column / (2 * _REACH))
    _, at, counts = np.unique(grid, return_index=True, return_counts=True)
    found = np.sort(column[at[counts >= least]])
    apart = np.diff(found, prepend=-1.0) > 4 * _REACH
    return [float(value) for value in found[apart]]
