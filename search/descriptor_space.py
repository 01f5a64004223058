"""What a search knows of descriptors: numbers that tell of one sound, such as its loudness.

An answer's may have to lie within bounds, and methods that look for different presets tell them
apart by theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from patchwright.synths.parameters import Array

_LEAST = 1e-12  # where a logarithmic descriptor's scale ends; the least violation


@dataclass(frozen=True, kw_only=True)
class DescriptorAxis:
    """One column of `Evaluations.descriptors`.

    Attributes:
        name: Of the descriptor.
        unit: Of its values.
        low: Where its range begins, which is no limit.
        high: Where its range ends.
        logarithmic: Whether the range is divided into equal ratios.
        least: What an answer's value must be at least.
        greatest: What it must be at most.
        diverse: Whether presets are different if they differ in it.
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
        """Whether it has a bound."""
        return bool(np.isfinite([self.least, self.greatest]).any())

    def place(self, values: Array | float) -> Array:
        """Where values lie in the range: 0 is `low`, 1 is `high`; same shape."""
        low, high, x = (self._scaled(value) for value in (self.low, self.high, values))
        return np.asarray((x - low) / (high - low))

    def violation(self, values: Array) -> Array:
        """How far values are outside the bounds, in units of the range; 0 within; same shape."""
        place = self.place(values)
        gap = np.maximum(self.place(self.least) - place, place - self.place(self.greatest))
        within = (values >= self.least) & (values <= self.greatest)
        return np.where(within, 0.0, np.maximum(gap, _LEAST))

    def bounds(self) -> str:
        """Write the bounds for people."""
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
    """The descriptors of a search, `k` of them.

    Attributes:
        columns: In the order of `Evaluations.descriptors`.
    """

    columns: tuple[DescriptorAxis, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def diverse(self) -> tuple[DescriptorAxis, ...]:
        """Those that presets are to differ in."""
        return tuple(column for column in self.columns if column.diverse)

    def violation(self, values: Array) -> Array:
        """The sum `[n]` of how far values `[n, k]` are out of bounds; 0 is feasible.

        NaN, where a render failed, stays NaN.
        """
        return np.asarray(self._violations(values).sum(axis=1))

    def places(self, values: Array) -> Array:
        """Where values `[n, k]` lie in the ranges of the `j` diverse ones: `[n, j]`."""
        told = zip(self.columns, values.T, strict=True)
        return _columns((c.place(column) for c, column in told if c.diverse), len(values))

    def unmet(self, values: Array) -> str:
        """Say that none of the values `[n, k]` is within the bounds, and what to do."""
        heard = values[np.isfinite(values).all(axis=1)]
        violations = self._violations(heard)
        told, never = [], []
        for column, value, excess in zip(self.columns, heard.T, violations.T, strict=True):
            if not column.constrained:
                continue
            met = int((excess == 0).sum())
            nearest = "" if met else f", nearest {value[np.argmin(excess)]:.4g}"
            told.append(f"{column.name} {column.bounds()} (met by {met}{nearest})")
            never += [] if met else [column.name]
        return (
            f"None of {len(heard)} presets is within the constraints {', '.join(told)}: "
            f"loosen {' and '.join(never) or 'one of them'}, or search longer."
        )

    def _violations(self, values: Array) -> Array:
        told = zip(self.columns, values.T, strict=True)
        return _columns((c.violation(column) for c, column in told), len(values))


NOTHING = DescriptorSpace()
"""What is measured where nothing but scores is asked for."""


def _columns(columns: Iterable[Array], n: int) -> Array:
    """Put columns `[n]` beside each other; `[n, 0]` if there is none."""
    return np.column_stack([np.empty((n, 0)), *columns])
