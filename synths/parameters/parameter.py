"""One parameter of a synth: its kind, range, unit and prior, and conversions of its value."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError, did_you_mean

Kind = Literal["continuous", "integer", "categorical", "boolean"]
Scale = Literal["linear", "log", "quadratic", "cubic", "quartic"]
Value = float | int | bool | str
Array = NDArray[np.float64]

GRID = 2.0**24  # steps of a continuous parameter; float32 holds each exactly
POWERS: dict[Scale, int] = {"linear": 1, "quadratic": 2, "cubic": 3, "quartic": 4}
_FLOAT32 = 1e-7  # by which a level may miss its number, because plugins use float32
_PREFIXES = {"": 1.0, "k": 1e3, "m": 1e-3, "u": 1e-6}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


@dataclass(frozen=True, kw_only=True)
class Prior:
    """The distribution from which random presets draw one parameter.

    Attributes:
        low: Lowest value drawn, in real units; the parameter's own if None.
        high: Highest value drawn, in real units; the parameter's own if None.
        weights: Relative weight of each level of a discrete parameter; equal if empty.
        point: Value drawn with probability ``mass``, such as "off".
        mass: Probability of ``point``.
    """

    low: float | None = None
    high: float | None = None
    weights: tuple[float, ...] = ()
    point: Value | None = None
    mass: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a synth.

    Attributes:
        name: Name, unique within the synth.
        kind: ``continuous``, ``integer``, ``categorical`` or ``boolean``.
        default: Default value: a number in real units, a choice or a boolean.
        low: Lowest value in real units (continuous and integer).
        high: Highest value in real units (continuous and integer).
        unit: Unit of the real values, such as ``Hz``; empty if there is none.
        scale: Curve from the normalised range to real units; the powers need ``low == 0``.
        choices: Names of a categorical parameter's levels.
        prior: Distribution from which random presets draw the value.
        about: One-line description.
        aliases: Other accepted names, such as the plugin's own.
        truncates: Whether the synth takes a value between two levels as the lower one; otherwise
            as the nearest, the upper one if both are as near.
        cost: Distances of the median random preset that a search adds to presets with its highest
            value, and less in proportion to others; so that of two as near the one without wins.

    Raises:
        SynthError: If the description is inconsistent.

    Examples:
        >>> cutoff = Parameter(
        ...     name="cutoff", kind="continuous", low=20, high=20_000, default=1_000,
        ...     unit="Hz", scale="log",
        ... )
        >>> cutoff.readable(0.5)
        632.45...
        >>> cutoff.text(cutoff.normalise("1.2 kHz"))
        '1200 Hz'
        >>> wave = Parameter(
        ...     name="wave", kind="categorical", choices=("sine", "saw", "square"), default="saw"
        ... )
        >>> wave.normalise("square"), wave.levels
        (1.0, 3)
    """

    name: str
    kind: Kind
    default: Value
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    scale: Scale = "linear"
    choices: tuple[str, ...] = ()
    prior: Prior = field(default_factory=Prior)
    about: str = ""
    aliases: tuple[str, ...] = ()
    truncates: bool = False
    cost: float = 0.0

    def __post_init__(self) -> None:
        if self.kind == "categorical":
            if len(self.choices) < 1 or len(set(self.choices)) != len(self.choices):
                raise SynthError(f"{self.name} is categorical: give it distinct choices.")
        elif self.choices:
            raise SynthError(f"{self.name} is not categorical: remove its choices.")
        if self.kind in ("continuous", "integer"):
            if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
                raise SynthError(
                    f"{self.name} ranges from {self.low} to {self.high}: low must be below high."
                )
            if self.scale == "log" and self.low <= 0:
                raise SynthError(
                    f"{self.name} has a log scale from {self.low}: low must be above 0."
                )
            if POWERS.get(self.scale, 1) > 1 and self.low != 0:
                raise SynthError(
                    f"{self.name} has a {self.scale} scale from {self.low}: low must be 0."
                )
            if self.kind == "integer" and (self.low % 1 or self.high % 1 or self.scale != "linear"):
                raise SynthError(
                    f"{self.name} is an integer: give it whole bounds and a linear scale."
                )
        if self.prior.weights and len(self.prior.weights) != self.levels:
            raise SynthError(
                f"{self.name} has {self.levels} levels and {len(self.prior.weights)} weights: give "
                "one weight per level."
            )
        if not 0 <= self.cost < math.inf:
            raise SynthError(f"{self.name} costs {self.cost}: give 0 or more.")
        self.normalise(self.default)
        for value in (self.prior.low, self.prior.high, self.prior.point):
            if value is not None:
                self.normalise(value)

    @property
    def levels(self) -> int:
        """Number of values of a discrete parameter; 0 if continuous."""
        if self.kind == "continuous":
            return 0
        if self.kind == "integer":
            return int(self.high - self.low) + 1
        return 2 if self.kind == "boolean" else len(self.choices)

    @property
    def steps(self) -> int:
        """Number of steps of the grid of normalised values; 0 if there is only one value."""
        return int(GRID) if self.kind == "continuous" else self.levels - 1

    @property
    def rise(self) -> float:
        """Steps added to a discrete value before its fraction is cut off."""
        return _FLOAT32 * self.steps if self.truncates else 0.5

    def with_default(self, normalised: float) -> "Parameter":
        """Return the same parameter with another default, given as a normalised value."""
        return replace(self, default=self.readable(float(self.snap(np.array(normalised)))))

    def snap(self, normalised: Array) -> Array:
        """Round normalised values `[n]` to those that the parameter can have; see `truncates`."""
        steps = np.asarray(normalised) * self.steps
        whole = np.floor(steps + self.rise) if self.levels else np.rint(steps)
        return whole / max(self.steps, 1)

    def real(self, normalised: Array) -> Array:
        """Convert normalised values `[n]` to real units, or to level numbers of choices, `[n]`."""
        if self.kind == "integer":
            return self.low + np.rint(normalised * self.steps)
        if self.kind != "continuous":
            return np.rint(normalised * self.steps)
        if self.scale == "log":
            return self.low * (self.high / self.low) ** normalised
        return self.low + (self.high - self.low) * normalised ** POWERS[self.scale]

    def readable(self, normalised: float) -> Value:
        """Convert one normalised value to real units, a choice or a boolean."""
        real = float(self.real(np.float64(normalised)))  # type: ignore[arg-type]
        if self.kind == "continuous":
            return real
        if self.kind == "integer":
            return int(real)
        return bool(real) if self.kind == "boolean" else self.choices[int(real)]

    def text(self, normalised: float) -> str:
        """Format one normalised value with its unit, such as ``1200 Hz``, ``on`` or ``saw``."""
        value = self.readable(normalised)
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "on" if value else "off"
        # four digits, but no finer than a millionth of the range
        rounded = round(value, 5 - math.floor(math.log10(self.high - self.low)))
        digits = np.format_float_positional(rounded, precision=4, fractional=False, trim="-")
        return f"{digits} {self.unit}".rstrip()

    def span(self) -> str:
        """Format the range or the choices, such as ``20 Hz to 20000 Hz`` or ``sine, saw``."""
        if self.kind == "boolean":
            return "on or off"
        return ", ".join(self.choices) or f"{self.text(0.0)} to {self.text(1.0)}"

    def normalise(self, value: Any) -> float:
        """Convert a value in any accepted notation to a normalised value.

        Args:
            value: Number in real units, quantity such as ``"1.2 kHz"``, choice, boolean,
                ``{"normalised": 0.5}``, or None for the default.

        Returns:
            Value in [0, 1], on the parameter's grid.

        Raises:
            SynthError: If the value is of the wrong kind or out of range; the message names the
                nearest valid one.
        """
        if value is None:
            value = self.default
        if isinstance(value, Mapping):
            return self._from_normalised(value)
        if self.kind == "categorical":
            if value not in self.choices or not isinstance(value, str):
                raise SynthError(
                    f"{self.name} has no choice {value!r}: {did_you_mean(str(value), self.choices)}"
                )
            return self.choices.index(value) / max(self.steps, 1)
        if self.kind == "boolean":
            if not isinstance(value, bool | np.bool_):
                raise SynthError(f"{self.name} is on or off: write true or false, not {value!r}.")
            return float(value)
        number = self._quantity(value)
        if not self.low <= number <= self.high:
            nearest = min(max(number, self.low), self.high) if math.isfinite(number) else self.low
            raise SynthError(
                f"{self.name} cannot be {value}: it ranges from {self.low:g} to {self.high:g}"
                f"{' ' + self.unit if self.unit else ''}, and the nearest is {nearest:g}."
            )
        if self.kind == "integer":
            if number % 1:
                raise SynthError(
                    f"{self.name} needs a whole number, not {value}: the nearest is "
                    f"{round(number)}."
                )
            return (number - self.low) / self.steps
        if self.scale == "log":
            position = math.log(number / self.low) / math.log(self.high / self.low)
        else:
            share = (number - self.low) / (self.high - self.low)
            position = share ** (1 / POWERS[self.scale])
        return float(self.snap(np.float64(min(max(position, 0.0), 1.0))))  # type: ignore[arg-type]

    def sample(self, n: int, rng: "np.random.Generator") -> Array:
        """Draw normalised values from the prior.

        Args:
            n: Number of values.
            rng: Source of randomness.

        Returns:
            Values `[n]`.
        """
        prior = self.prior
        if self.kind == "continuous":
            low = 0.0 if prior.low is None else self.normalise(prior.low)
            high = 1.0 if prior.high is None else self.normalise(prior.high)
            drawn = self.snap(rng.uniform(low, high, n))
        else:
            level = np.arange(self.levels) / max(self.steps, 1)
            weights = self.level_weights()
            drawn = level[rng.choice(self.levels, n, p=weights / weights.sum())]
        if prior.point is None:
            return drawn
        return np.where(rng.random(n) < prior.mass, self.normalise(prior.point), drawn)

    def level_weights(self) -> Array:
        """Return the relative weight of each level of a discrete parameter, `[levels]`."""
        prior = self.prior
        if prior.weights:
            return np.asarray(prior.weights, float)
        level = np.arange(self.levels) / max(self.steps, 1)
        low = level[0] if prior.low is None else self.normalise(prior.low)
        high = level[-1] if prior.high is None else self.normalise(prior.high)
        return ((level >= low) & (level <= high)).astype(float)

    def _from_normalised(self, value: Mapping[str, Any]) -> float:
        number = value.get("normalised")
        if (
            set(value) != {"normalised"}
            or isinstance(number, bool)
            or not isinstance(number, int | float | np.floating | np.integer)
        ):
            raise SynthError(
                f"{self.name} cannot be {dict(value)}: write a value or {{normalised: 0.5}}."
            )
        if not 0 <= number <= 1:
            raise SynthError(
                f"{self.name} cannot have the normalised value {number}: it ranges from 0 to 1, "
                f"and the nearest is {min(max(number, 0), 1)}."
            )
        return float(self.snap(np.float64(number)))  # type: ignore[arg-type]

    def _quantity(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float | np.number):
            raise SynthError(f"{self.name} needs a number, not {value!r}.")
        if not isinstance(value, str):
            return float(value)
        match = _QUANTITY.fullmatch(value[:100])
        if match is None or len(value) > 100:
            raise SynthError(f"{self.name} needs a number, not {value[:100]!r}.")
        number, unit = float(match[1]), str(match[2])
        for prefix, factor in _PREFIXES.items():
            if unit in ("", prefix + self.unit):
                return number * (factor if unit else 1.0)
        expected = f"the unit {self.unit}" if self.unit else "no unit"
        raise SynthError(f"{self.name} has {expected}, not {unit!r}: convert the value.")
