"""The parameters of a synth, and the subspace of them that a search explores.

A preset has three notations, converted into each other in batches:

* genotypes ``X[n, d]``: the unit cube that optimizers search, one coordinate per free parameter;
  a discrete parameter's levels are bins of equal width, encoded as bin centres;
* values ``V[n, P]``: the synth's input, normalised to [0, 1]; level ``i`` of ``k`` is
  ``i / (k - 1)``, and continuous values lie on a grid of 2^-24, which float32 holds exactly;
* readable values: one mapping per preset, from parameter names to real units, choices or booleans.

The grid makes each conversion exact both ways: a preset read back from a JSON file has the same
bits, and so the same sound, as the one that the search found.
"""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters.limit import Limit
from patchwright.synths.parameters.parameter import GRID, Array, Parameter, Value


@dataclass(frozen=True)
class ParameterSpace:
    """The ordered parameters of one synth, `P` of them.

    Args:
        parameters: Parameters with distinct names.
        absent: Names that are known of the synth, but that this version of it lacks.

    Raises:
        SynthError: If two parameters share a name.

    Examples:
        >>> import numpy as np
        >>> space = ParameterSpace((
        ...     Parameter(name="level", kind="continuous", low=-48, high=0, default=-6, unit="dB"),
        ...     Parameter(name="voices", kind="integer", low=1, high=5, default=1),
        ... ))
        >>> space.values([{"level": "-12 dB"}, {"voices": 3}])
        array([[0.75 , 0.  ],
               [0.875, 0.5  ]])
        >>> space.readable(np.array([[0.5, 1.0]]))
        [{'level': -24.0, 'voices': 5}]
    """

    parameters: tuple[Parameter, ...]
    absent: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise SynthError("Two parameters of the synth have the same name: rename one.")

    def __len__(self) -> int:
        return len(self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        return self.parameters[self.index(name)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Number of levels of each parameter, `[P]`; 0 if continuous."""
        return np.array([parameter.levels for parameter in self.parameters], np.int64)

    @cached_property
    def defaults(self) -> Array:
        """Default values, `[P]`."""
        return np.array([parameter.normalise(None) for parameter in self.parameters])

    @cached_property
    def costs(self) -> Array:
        """Costs of the highest values, `[P]`; see `Parameter.cost`."""
        return np.array([parameter.cost for parameter in self.parameters])

    @cached_property
    def _positions(self) -> dict[str, int]:
        aliases = {a: i for i, p in enumerate(self.parameters) for a in p.aliases}
        return aliases | {name: i for i, name in enumerate(self.names)}

    @cached_property
    def _steps(self) -> Array:
        return np.array([parameter.steps for parameter in self.parameters], np.float64)

    @cached_property
    def _rises(self) -> Array:
        return np.array([parameter.rise for parameter in self.parameters])

    def knows(self, name: str) -> bool:
        """Return whether a parameter has that name or alias."""
        return name in self._positions

    def index(self, name: str) -> int:
        """Return the position of a parameter, by its name or an alias.

        Raises:
            SynthError: If no parameter has that name; the message suggests the nearest.
        """
        position = self._positions.get(name)
        if position is None:
            hint = did_you_mean(name, self.names)
            raise SynthError(f"There is no parameter {name[:60]!r}: {hint}")
        return position

    def snap(self, values: Array) -> Array:
        """Check values `[n, P]` and round them to those that the parameters can have.

        Values between two levels are rounded as the synth rounds them; see `Parameter.truncates`.

        Raises:
            SynthError: If the shape is wrong, or a value is NaN or outside [0, 1].
        """
        values = np.asarray(values, np.float64)
        if values.ndim != 2 or values.shape[1] != len(self):
            raise SynthError(f"Values must have the shape [n, {len(self)}], not {values.shape}.")
        if not ((values >= 0) & (values <= 1)).all():
            raise SynthError("Values must lie between 0 and 1: normalise them first.")
        steps = values * self._steps
        whole = np.where(self.levels > 0, np.floor(steps + self._rises), np.rint(steps))
        return whole / np.maximum(self._steps, 1)

    def readable(self, values: Array) -> list[dict[str, Value]]:
        """Convert values `[n, P]` to `n` mappings from names to readable values."""
        return [
            {p.name: p.readable(v) for p, v in zip(self.parameters, row, strict=True)}
            for row in np.asarray(values)
        ]

    def values(self, readable: Sequence[Mapping[str, Any]]) -> Array:
        """Convert mappings to values; parameters left out take their defaults.

        Args:
            readable: `n` mappings from names to values, as `Parameter.normalise` accepts them.

        Returns:
            Values `[n, P]`.

        Raises:
            SynthError: If a name is unknown or a value is invalid.
        """
        values = np.tile(self.defaults, (len(readable), 1))
        for row, mapping in zip(values, readable, strict=True):
            for name, value in mapping.items():
                position = self.index(name)
                row[position] = self.parameters[position].normalise(value)
        return values

    def sample(self, n: int, rng: "np.random.Generator") -> Array:
        """Draw `n` random presets from the priors, as values `[n, P]`."""
        return np.stack([parameter.sample(n, rng) for parameter in self.parameters], axis=1)

    def lock(
        self,
        locks: Mapping[str, Any] | None = None,
        *,
        free: Sequence[str] | None = None,
        limit: Mapping[str, Any] | None = None,
    ) -> "Subspace":
        """Lock some parameters and leave the others to the search.

        Args:
            locks: Values by glob pattern, as `Parameter.normalise` accepts them (None for the
                default). Where patterns overlap, the later one counts.
            free: Glob patterns of the free parameters; all others are locked at their defaults.
                If None, every parameter that `locks` does not match is free.
            limit: Ranges by glob pattern of free parameters: lowest and highest value, or some
                choices of a categorical parameter.

        Patterns match names or, if no name matches, aliases. Those that match only absent
        parameters are left out.

        Returns:
            Subspace of the free parameters.

        Raises:
            SynthError: If a pattern matches nothing, a value is invalid, a limited parameter is
                locked, no parameter is free, or most of `free` are absent.

        Examples:
            >>> from patchwright.synths.builtin import Subtractive
            >>> subspace = Subtractive.space.lock(
            ...     {"lfo_*": None, "osc1_waveform": "saw", "filter_cutoff": "1.2 kHz"},
            ...     limit={"amp_level": [-24, -6]},
            ... )
            >>> len(Subtractive.space), len(subspace)
            (35, 27)
        """
        row, is_free = self.defaults.copy(), np.ones(len(self), bool)
        if free is not None:
            is_free[:] = False
            missing = []
            for pattern in free:
                found = self._match(pattern)
                is_free[found] = True
                missing += [] if found else [pattern]
            if 2 * len(missing) > len(free):
                raise SynthError(
                    f"This version of the plugin lacks {len(missing)} of the {len(free)} free "
                    f"parameters of the lock, such as {missing[0]}: measure those that matter with "
                    "'patchwright synth lock'."
                )
        for pattern, value in (locks or {}).items():
            for position in self._match(pattern):
                row[position] = self.parameters[position].normalise(value)
                is_free[position] = False
        if not is_free.any():
            raise SynthError("All parameters are locked: remove one of the locks.")
        columns = {
            position: column for column, position in enumerate(np.flatnonzero(is_free).tolist())
        }
        limits = {}
        for pattern, allowed in (limit or {}).items():
            for position in self._match(pattern):
                if position not in columns:
                    raise SynthError(
                        f"{self.names[position]} is both locked and limited: remove one of the two."
                    )
                limits[columns[position]] = Limit.of(self.parameters[position], allowed)
        return Subspace(self, row, np.flatnonzero(is_free), limits)

    def _match(self, pattern: str) -> list[int]:
        """Return the positions of the parameters that match; none if only absent ones do."""
        names = [(name,) for name in self.names]
        for known in (names, [parameter.aliases for parameter in self.parameters]):
            found = [i for i, each in enumerate(known) if _matches(each, pattern)]
            if found:
                return found
        if _matches(self.absent, pattern):
            return []
        raise SynthError(
            f"The pattern {pattern!r} matches no parameter: {did_you_mean(pattern, self.names)}"
        )


def _matches(names: Iterable[str], pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


class GenotypePrior(Protocol):
    """A joint distribution of genotypes `[n, d]`; see `patchwright.synths.priors`."""

    def sample(self, n: int, rng: "np.random.Generator") -> Array:
        """Draw `n` genotypes `[n, d]`."""
        ...

    def excess(self, genotypes: Array) -> Array:
        """Return by how much less likely genotypes are than typical ones, in nats a parameter."""
        ...


@dataclass(frozen=True, eq=False)
class Subspace:
    """The `d` free parameters of a space; the others are locked.

    Attributes:
        space: The whole space.
        locked: Values of the locked parameters, in a whole row, `[P]`.
        free: Positions of the free parameters, `[d]`.
        limits: Limits of the limited ones, by position among the free parameters; the unit cube
            covers only the range within the limits.
        prior: Prior that samples are drawn from; the parameters' own priors if None.

    Examples:
        >>> import numpy as np
        >>> space = ParameterSpace((
        ...     Parameter(name="wave", kind="categorical", choices=("sine", "saw"), default="saw"),
        ...     Parameter(name="level", kind="continuous", low=-48, high=0, default=0, unit="dB"),
        ...     Parameter(name="mono", kind="boolean", default=False),
        ... ))
        >>> subspace = space.lock({"mono": True}, limit={"level": [-24, -12]})
        >>> values = subspace.decode(np.array([[0.1, 0.5], [0.9, 1.0]]))
        >>> space.readable(values)[1]
        {'wave': 'saw', 'level': -12.0, 'mono': True}
        >>> subspace.encode(values)  # the choice as the centre of its bin
        array([[0.25, 0.5 ],
               [0.75, 1.  ]])
        >>> subspace.sample(100, np.random.default_rng(0)).shape
        (100, 2)
    """

    space: ParameterSpace
    locked: Array
    free: NDArray[np.int64]
    limits: Mapping[int, Limit] = field(default_factory=dict)
    prior: GenotypePrior | None = None

    def __len__(self) -> int:
        return len(self.free)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters, in order."""
        return tuple(self.space.names[i] for i in self.free)

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Number of levels of each free parameter, within its limit, `[d]`; 0 if continuous."""
        levels = self._whole_levels.copy()
        for column, limit in self._discrete.items():
            levels[column] = len(limit.levels)
        return levels

    @cached_property
    def _whole_levels(self) -> NDArray[np.int64]:
        """Number of levels of each free parameter, without limits, `[d]`."""
        return self.space.levels[self.free]

    @cached_property
    def _discrete(self) -> dict[int, Limit]:
        return {column: limit for column, limit in self.limits.items() if len(limit.levels)}

    @cached_property
    def _ends(self) -> tuple[Array, Array]:
        """Lowest and highest normalised value of each free parameter, `[d]` each."""
        low, high = np.zeros(len(self)), np.ones(len(self))
        for column, limit in self.limits.items():
            low[column], high[column] = limit.low, limit.high
        return low, high

    def decode(self, genotypes: Array) -> Array:
        """Convert genotypes `[n, d]` to values `[n, P]`, the locked ones included.

        Raises:
            SynthError: If the shape is wrong, or a coordinate is NaN or outside [0, 1].
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
        for column, limit in self._discrete.items():
            level[:, column] = limit.levels[level[:, column].astype(np.int64)]
        low, high = self._ends
        continuous = np.rint((low + genotypes * (high - low)) * GRID) / GRID
        whole = self._whole_levels
        values = np.tile(self.locked, (len(genotypes), 1))
        values[:, self.free] = np.where(whole > 0, level / np.maximum(whole - 1, 1), continuous)
        return values

    def encode(self, values: Array) -> Array:
        """Convert values `[n, P]` to genotypes `[n, d]`; levels become the centres of their bins.

        Values outside a limit become the nearest within it; a choice outside becomes the allowed
        one nearest in the order of choices.

        Raises:
            SynthError: If the shape is wrong, or a value is NaN or outside [0, 1].
        """
        free = self.space.snap(values)[:, self.free]
        level = np.rint(free * np.maximum(self._whole_levels - 1, 0))
        for column, limit in self._discrete.items():
            level[:, column] = limit.nearest(level[:, column])
        levels, (low, high) = self.levels, self._ends
        continuous = np.clip((free - low) / (high - low), 0, 1)
        return np.where(levels > 0, (level + 0.5) / np.maximum(levels, 1), continuous)

    def sample(self, n: int, rng: "np.random.Generator") -> Array:
        """Draw `n` genotypes `[n, d]` from the prior."""
        if self.prior is not None:
            return self.prior.sample(n, rng)
        parameters = [self.space.parameters[i] for i in self.free]
        for column, limit in self.limits.items():
            parameters[column] = limit.parameter
        drawn = [parameter.sample(n, rng) for parameter in parameters]
        values = np.tile(self.locked, (n, 1))
        values[:, self.free] = np.stack(drawn, axis=1)
        return self.encode(values)
