"""Descriptors in a search: constraints, and the axes along which presets should differ.

A descriptor is a number that describes one sound, such as its loudness.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from patchwright.synths.parameters import Array

_LEAST = 1e-12  # least value of a logarithmic axis; least violation


@dataclass(frozen=True, kw_only=True)
class DescriptorAxis:
    """One column of `Evaluations.descriptors`.

    Attributes:
        name: Name of the descriptor.
        unit: Unit of its values.
        low: Lower end of the usual range, which is no limit.
        high: Upper end of the usual range.
        logarithmic: Whether equal ratios, not differences, are equal steps in the range.
        least: Lower bound on the answer's value.
        greatest: Upper bound on the answer's value.
        diverse: Whether presets should differ in it.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    logarithmic: bool = False
    least: float = -np.inf
    greatest: float = np.inf
    diverse: bool = False

    @property
    def constrained(self) -> bool:
        """Whether there is a bound."""
        return bool(np.isfinite([self.least, self.greatest]).any())

    def place(self, values: Array | float) -> Array:
        """Scale values of any shape to the range: 0 is `low`, 1 is `high`."""
        low, high, x = (self._scaled(value) for value in (self.low, self.high, values))
        return np.asarray((x - low) / (high - low))

    def violation(self, values: Array) -> Array:
        """Return how far values of any shape are out of bounds, in units of the range; 0 within."""
        place = self.place(values)
        gap = np.maximum(self.place(self.least) - place, place - self.place(self.greatest))
        within = (values >= self.least) & (values <= self.greatest)
        return np.where(within, 0.0, np.maximum(gap, _LEAST))

    def bounds(self) -> str:
        """Return the bounds as text, such as "at least 5 Hz"."""
        unit = f" {self.unit}" if self.unit else ""
        if np.isfinite(self.least) and np.isfinite(self.greatest):
            return f"{self.least:g} to {self.greatest:g}{unit}"
        if np.isfinite(self.least):
            return f"at least {self.least:g}{unit}"
        return f"at most {self.greatest:g}{unit}"

    def _scaled(self, values: Array | float) -> Array:
        x = np.asarray(values, np.float64)
        return np.log(np.maximum(x, _LEAST)) if self.logarithmic else x


@dataclass(frozen=True)
class DescriptorSpace:
    """The `k` descriptors of a search.

    Attributes:
        columns: Axes in the order of the columns of `Evaluations.descriptors`.

    Examples:
        >>> loudness = DescriptorAxis(name="loudness", low=-50, high=0, least=-30)
        >>> brightness = DescriptorAxis(name="brightness", low=100, high=1_600, diverse=True)
        >>> space = DescriptorSpace((loudness, brightness))
        >>> values = np.array([[-20.0, 850.0], [-40.0, 100.0]])
        >>> space.violation(values)
        array([0. , 0.2])
        >>> space.places(values)
        array([[0.5],
               [0. ]])
    """

    columns: tuple[DescriptorAxis, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def diverse(self) -> tuple[DescriptorAxis, ...]:
        """Axes along which presets should differ."""
        return tuple(column for column in self.columns if column.diverse)

    def violation(self, values: Array) -> Array:
        """Return the sum `[n]` of how far values `[n, k]` are out of bounds; 0 is feasible.

        NaN, where a render failed, stays NaN.
        """
        return np.asarray(self._violations(values).sum(axis=1))

    def places(self, values: Array) -> Array:
        """Scale values `[n, k]` to the ranges of the `j` diverse axes: `[n, j]`."""
        pairs = zip(self.columns, values.T, strict=True)
        return _columns((axis.place(column) for axis, column in pairs if axis.diverse), len(values))

    def unmet(self, values: Array) -> str:
        """Return an error message: none of the values `[n, k]` is within the bounds."""
        measured = values[np.isfinite(values).all(axis=1)]
        violations = self._violations(measured)
        constraints, never_met = [], []
        for axis, column, excess in zip(self.columns, measured.T, violations.T, strict=True):
            if not axis.constrained:
                continue
            met = int((excess == 0).sum())
            nearest = "" if met else f", nearest {column[np.argmin(excess)]:.4g}"
            constraints.append(f"{axis.name} {axis.bounds()} (met by {met}{nearest})")
            never_met += [] if met else [axis.name]
        return (
            f"None of {len(measured)} presets is within the constraints {', '.join(constraints)}: "
            f"loosen {' and '.join(never_met) or 'one of them'}, or search longer."
        )

    def _violations(self, values: Array) -> Array:
        pairs = zip(self.columns, values.T, strict=True)
        return _columns((axis.violation(column) for axis, column in pairs), len(values))


NOTHING = DescriptorSpace()
"""Space of a search without descriptors."""


def _columns(columns: Iterable[Array], n: int) -> Array:
    """Stack columns `[n]`; `[n, 0]` if there is none."""
    return np.column_stack([np.empty((n, 0)), *columns])
