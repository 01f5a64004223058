"""One knob of a synth: its kind, range, unit and prior, and the notations of its value."""

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

GRID = 2.0**24
POWERS: dict[Scale, int] = {"linear": 1, "quadratic": 2, "cubic": 3, "quartic": 4}
_PREFIXES = {"": 1.0, "k": 1e3, "m": 1e-3, "u": 1e-6}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


@dataclass(frozen=True, kw_only=True)
class Prior:
    """How random presets draw one parameter.

    Attributes:
        low: Least value drawn, in real units; the parameter's own if None.
        high: Greatest value drawn, in real units; the parameter's own if None.
        weights: Relative weight of each level of a discrete parameter; equal if empty.
        point: A value that is drawn with probability ``mass``, such as "off".
        mass: Probability of ``point``.
    """

    low: float | None = None
    high: float | None = None
    weights: tuple[float, ...] = ()
    point: Value | None = None
    mass: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One knob of a synth.

    Attributes:
        name: Unique within its synth.
        kind: ``continuous``, ``integer``, ``categorical`` or ``boolean``.
        default: In real units, or a choice, or a boolean.
        low: Least value in real units (continuous and integer).
        high: Greatest value in real units (continuous and integer).
        unit: Of the real values, such as ``Hz``; empty where there is none.
        scale: How the normalised range maps to real units; the powers need ``low == 0``.
        choices: Names of a categorical parameter's levels.
        prior: How random presets draw it.
        about: One line for people.
        aliases: Other names that it is known by, such as the plugin's own.

    Raises:
        SynthError: If the description contradicts itself.
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

    def __post_init__(self) -> None:
        if self.kind == "categorical":
            if len(self.choices) < 1 or len(set(self.choices)) != len(self.choices):
                raise SynthError(f"{self.name}: a categorical parameter needs distinct choices.")
        elif self.choices:
            raise SynthError(f"{self.name}: only a categorical parameter has choices.")
        if self.kind in ("continuous", "integer"):
            if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
                raise SynthError(f"{self.name}: low must be below high.")
            if self.scale == "log" and self.low <= 0:
                raise SynthError(f"{self.name}: a log scale needs low above 0.")
            if POWERS.get(self.scale, 1) > 1 and self.low != 0:
                raise SynthError(f"{self.name}: a {self.scale} scale needs low = 0.")
            if self.kind == "integer" and (self.low % 1 or self.high % 1 or self.scale != "linear"):
                raise SynthError(f"{self.name}: an integer parameter has whole, linear bounds.")
        if self.prior.weights and len(self.prior.weights) != self.levels:
            raise SynthError(f"{self.name}: the prior needs one weight for each level.")
        self.normalise(self.default)
        for value in (self.prior.low, self.prior.high, self.prior.point):
            if value is not None:
                self.normalise(value)

    @property
    def levels(self) -> int:
        """How many values a discrete parameter has; 0 means continuous."""
        if self.kind == "continuous":
            return 0
        if self.kind == "integer":
            return int(self.high - self.low) + 1
        return 2 if self.kind == "boolean" else len(self.choices)

    @property
    def steps(self) -> int:
        """Steps of the grid that the normalised values lie on; 0 if there is one value only."""
        return int(GRID) if self.kind == "continuous" else self.levels - 1

    def with_default(self, normalised: float) -> "Parameter":
        """The same parameter with another default."""
        return replace(self, default=self.readable(float(self.snap(np.array(normalised)))))

    def snap(self, normalised: Array) -> Array:
        """Move normalised values `[n]` to the nearest that the parameter can have."""
        return np.rint(np.asarray(normalised) * self.steps) / max(self.steps, 1)

    def real(self, normalised: Array) -> Array:
        """Convert normalised values `[n]` to real units; to level numbers where discrete."""
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
        """Write one normalised value for people, with its unit."""
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
        """Write the range, or the choices, for people."""
        if self.kind == "boolean":
            return "on or off"
        return ", ".join(self.choices) or f"{self.text(0.0)} to {self.text(1.0)}"

    def normalise(self, value: Any) -> float:
        """Convert what a person may write to a normalised value.

        Args:
            value: A number in real units, a quantity such as ``"1.2 kHz"``, a choice, a boolean,
                ``{"normalised": 0.5}``, or None for the default.

        Returns:
            The value in [0, 1], on the parameter's grid.

        Raises:
            SynthError: If it is none of these or out of range; the message names the nearest.
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
                f"{self.name} cannot be {value}: it goes from {self.low:g} to {self.high:g}"
                f"{' ' + self.unit if self.unit else ''}, the nearest is {nearest:g}."
            )
        if self.kind == "integer":
            if number % 1:
                raise SynthError(
                    f"{self.name} takes whole numbers, not {value}: the nearest is {round(number)}."
                )
            return (number - self.low) / self.steps
        if self.scale == "log":
            position = math.log(number / self.low) / math.log(self.high / self.low)
        else:
            share = (number - self.low) / (self.high - self.low)
            position = share ** (1 / POWERS[self.scale])
        return float(self.snap(np.float64(min(max(position, 0.0), 1.0))))  # type: ignore[arg-type]

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` normalised values from the prior.

        Args:
            n: How many.
            rng: The only source of randomness.

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
        """Relative weight of each level `[levels]` of a discrete parameter in its prior."""
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
            raise SynthError(f"{self.name}: write {{normalised: 0.5}}, not {dict(value)}.")
        if not 0 <= number <= 1:
            raise SynthError(
                f"{self.name}: a normalised value lies between 0 and 1, not {number}; the nearest "
                f"is {min(max(number, 0), 1)}."
            )
        return float(self.snap(np.float64(number)))  # type: ignore[arg-type]

    def _quantity(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float | np.number):
            raise SynthError(f"{self.name} is a number, not {value!r}.")
        if not isinstance(value, str):
            return float(value)
        match = _QUANTITY.fullmatch(value[:100])
        if match is None or len(value) > 100:
            raise SynthError(f"{self.name} is a number, not {value[:100]!r}.")
        number, unit = float(match[1]), str(match[2])
        for prefix, factor in _PREFIXES.items():
            if unit in ("", prefix + self.unit):
                return number * (factor if unit else 1.0)
        raise SynthError(
            f"{self.name} is given in {self.unit or 'plain numbers'}, not in {unit!r}."
        )
