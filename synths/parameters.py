"""What a synth can be set to: parameters, their space, and the subspace that a search may move in.

Three notations of the same preset are converted into each other, whole batches at a time:

* genotypes ``X[n, d]``: the unit cube that optimizers search, one coordinate a free parameter;
  a discrete parameter's levels are bins of equal width, written back as bin centres;
* values ``V[n, P]``: what the host is given, normalised to [0, 1]; level ``i`` of ``k`` is
  ``i / (k - 1)``, continuous values lie on a grid of 2^-24, which float32 holds exactly;
* readable values: one mapping a preset, from parameter names to real units, choices or booleans.

Because of the grid each conversion is exact both ways: a preset that went through a JSON file
has the same bits, and so the same sound, as the one that the search found.
"""

import fnmatch
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synths.errors import SynthError, did_you_mean

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
    def _steps(self) -> int:
        """Steps of the grid that the normalised values lie on; 0 if there is one value only."""
        return int(GRID) if self.kind == "continuous" else self.levels - 1

    def snap(self, normalised: Array) -> Array:
        """Move normalised values `[n]` to the nearest that the parameter can have."""
        return np.rint(np.asarray(normalised) * self._steps) / max(self._steps, 1)

    def real(self, normalised: Array) -> Array:
        """Convert normalised values `[n]` to real units; to level numbers where discrete."""
        if self.kind == "integer":
            return self.low + np.rint(normalised * self._steps)
        if self.kind != "continuous":
            return np.rint(normalised * self._steps)
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
        digits = np.format_float_positional(value, precision=4, fractional=False, trim="-")
        return f"{digits} {self.unit}".rstrip()

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
            return self.choices.index(value) / max(self._steps, 1)
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
            return (number - self.low) / self._steps
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
            level = np.arange(self.levels) / max(self._steps, 1)
            if prior.weights:
                weights = np.asarray(prior.weights, float)
            else:
                low = level[0] if prior.low is None else self.normalise(prior.low)
                high = level[-1] if prior.high is None else self.normalise(prior.high)
                weights = ((level >= low) & (level <= high)).astype(float)
            drawn = level[rng.choice(self.levels, n, p=weights / weights.sum())]
        if prior.point is None:
            return drawn
        return np.where(rng.random(n) < prior.mass, self.normalise(prior.point), drawn)

    def _from_normalised(self, value: Mapping[str, Any]) -> float:
        number = value.get("normalised")
        if set(value) != {"normalised"} or isinstance(number, bool | str) or number is None:
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
        match = _QUANTITY.fullmatch(value)
        if match is None:
            raise SynthError(f"{self.name} is a number, not {value!r}.")
        number, unit = float(match[1]), str(match[2])
        for prefix, factor in _PREFIXES.items():
            if unit in ("", prefix + self.unit):
                return number * (factor if unit else 1.0)
        raise SynthError(
            f"{self.name} is given in {self.unit or 'plain numbers'}, not in {unit!r}."
        )


@dataclass(frozen=True)
class ParameterSpace:
    """The ordered parameters of one synth, `P` of them.

    Args:
        parameters: With distinct names.

    Raises:
        SynthError: If two parameters share a name.
    """

    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise SynthError("Two parameters of one synth have the same name: rename one.")

    def __len__(self) -> int:
        return len(self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters[self.index(name)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Levels of each parameter, `[P]`; 0 means continuous."""
        return np.array([parameter.levels for parameter in self.parameters], np.int64)

    @cached_property
    def defaults(self) -> Array:
        """The row of default values, `[P]`."""
        return np.array([parameter.normalise(None) for parameter in self.parameters])

    @cached_property
    def _steps(self) -> Array:
        return np.array([parameter._steps for parameter in self.parameters], np.float64)

    def index(self, name: str) -> int:
        """Position of a parameter.

        Raises:
            SynthError: If there is none of that name; the message names the nearest.
        """
        try:
            return self.names.index(name)
        except ValueError:
            hint = did_you_mean(name, self.names)
            raise SynthError(f"There is no parameter {name!r}: {hint}") from None

    def snap(self, values: Array) -> Array:
        """Check values `[n, P]` and move them to the nearest that the parameters can have.

        Raises:
            SynthError: If the shape is wrong or a value is outside [0, 1] or NaN.
        """
        values = np.asarray(values, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self):
            raise SynthError(f"Values must have the shape [n, {len(self)}], not {values.shape}.")
        if not ((values >= 0) & (values <= 1)).all():
            raise SynthError("Values must lie between 0 and 1: normalise them first.")
        return np.rint(values * self._steps) / np.maximum(self._steps, 1)

    def readable(self, values: Array) -> list[dict[str, Value]]:
        """Convert values `[n, P]` to one mapping a row."""
        return [
            {p.name: p.readable(v) for p, v in zip(self.parameters, row, strict=True)}
            for row in np.asarray(values)
        ]

    def values(self, readable: Sequence[Mapping[str, Any]]) -> Array:
        """Convert mappings back to values; parameters left out take their defaults.

        Args:
            readable: `n` mappings from names to anything that `Parameter.normalise` takes.

        Returns:
            Values `[n, P]`.

        Raises:
            SynthError: If a name is unknown or a value does not fit.
        """
        values = np.tile(self.defaults, (len(readable), 1))
        for row, mapping in zip(values, readable, strict=True):
            for name, value in mapping.items():
                position = self.index(name)
                row[position] = self.parameters[position].normalise(value)
        return values

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` random presets from the priors, as values `[n, P]`."""
        return np.stack([parameter.sample(n, rng) for parameter in self.parameters], axis=1)

    def lock(
        self, locks: Mapping[str, Any] | None = None, *, free: Sequence[str] | None = None
    ) -> "Subspace":
        """Fix some parameters and leave the others to the search.

        Args:
            locks: From glob patterns to values (anything that `Parameter.normalise` takes; None
                for the default). Where patterns overlap, the later one counts.
            free: Glob patterns of the parameters that may move; all others are fixed at their
                defaults. None leaves free whatever `locks` does not name.

        Returns:
            The subspace of the free parameters.

        Raises:
            SynthError: If a pattern matches nothing, a value does not fit, or nothing stays free.
        """
        row, is_free = self.defaults.copy(), np.ones(len(self), bool)
        if free is not None:
            is_free[:] = False
            for pattern in free:
                is_free[self._match(pattern)] = True
        for pattern, value in (locks or {}).items():
            for position in self._match(pattern):
                row[position] = self.parameters[position].normalise(value)
                is_free[position] = False
        if not is_free.any():
            raise SynthError("The locks leave no parameter free: remove one of them.")
        return Subspace(self, row, np.flatnonzero(is_free))

    def _match(self, pattern: str) -> list[int]:
        found = [i for i, name in enumerate(self.names) if fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise SynthError(
                f"{pattern!r} matches no parameter: {did_you_mean(pattern, self.names)}"
            )
        return found


@dataclass(frozen=True, eq=False)
class Subspace:
    """The `d` free parameters of a space; the others are locked.

    Attributes:
        space: The whole space.
        locked: A row `[P]` that gives the locked parameters their values.
        free: Positions `[d]` of the free parameters.
    """

    space: ParameterSpace
    locked: Array
    free: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.free)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters, in order."""
        return tuple(self.space.names[i] for i in self.free)

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Levels of each free parameter, `[d]`; 0 means continuous."""
        return self.space.levels[self.free]

    def decode(self, genotypes: Array) -> Array:
        """Convert genotypes `[n, d]` to values `[n, P]`, with the locked ones written.

        Raises:
            SynthError: If the shape is wrong or a coordinate is outside [0, 1] or NaN.
        """
        genotypes = np.asarray(genotypes, np.float64)
        if genotypes.ndim != 2 or genotypes.shape[1] != len(self):
            raise SynthError(
                f"Genotypes must have the shape [n, {len(self)}], not {genotypes.shape}."
            )
        if not ((genotypes >= 0) & (genotypes <= 1)).all():
            raise SynthError("Genotypes must lie between 0 and 1: clip them first.")
        levels = self.levels
        level = np.minimum(np.floor(genotypes * levels), np.maximum(levels - 1, 0))
        values = np.tile(self.locked, (len(genotypes), 1))
        values[:, self.free] = np.where(
            levels > 0, level / np.maximum(levels - 1, 1), np.rint(genotypes * GRID) / GRID
        )
        return values

    def encode(self, values: Array) -> Array:
        """Convert values `[n, P]` to genotypes `[n, d]`: discrete ones to their bins' centres.

        Raises:
            SynthError: If the shape is wrong or a value is outside [0, 1] or NaN.
        """
        free = self.space.snap(values)[:, self.free]
        levels = self.levels
        level = np.rint(free * np.maximum(levels - 1, 0))
        return np.where(levels > 0, (level + 0.5) / np.maximum(levels, 1), free)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` genotypes `[n, d]` from the free parameters' priors."""
        drawn = [self.space.parameters[i].sample(n, rng) for i in self.free]
        values = np.tile(self.locked, (n, 1))
        values[:, self.free] = np.stack(drawn, axis=1)
        return self.encode(values)
