"""Limits: parts of a parameter's range, within which a search stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters.parameter import Array, Parameter, Prior


@dataclass(frozen=True, eq=False)
class Limit:
    """A part of a parameter's range.

    Attributes:
        parameter: The parameter, with its prior cut to the limit; if nothing of the prior is left,
            with equal density within the limit.
        low: Lowest normalised value.
        high: Highest normalised value.
        levels: Levels of a discrete parameter within the limit, `[k]`, ascending; empty if
            continuous.
    """

    parameter: Parameter
    low: float
    high: float
    levels: NDArray[np.int64]

    @classmethod
    def of(cls, parameter: Parameter, allowed: Any) -> "Limit":
        """Limit a parameter to a part of its range.

        Args:
            parameter: Parameter of any kind except boolean.
            allowed: Lowest and highest value, as `Parameter.normalise` accepts them, or two or
                more choices of a categorical parameter.

        Returns:
            The limit.

        Raises:
            SynthError: If the parameter is boolean, a value is invalid, or `allowed` holds fewer
                than two values.
        """
        name = parameter.name
        if parameter.kind == "boolean":
            raise SynthError(f"{name} is on or off and cannot be limited: lock it instead.")
        several = (
            isinstance(allowed, Sequence) and not isinstance(allowed, str) and None not in allowed
        )
        if parameter.kind == "categorical":
            if not several:
                raise SynthError(f"{name} cannot be limited to {allowed!r}: list its choices.")
            levels = [round(parameter.normalise(choice) * parameter.steps) for choice in allowed]
            return cls._discrete(parameter, np.unique(levels))
        if not several or len(allowed) != 2:
            raise SynthError(
                f"{name} cannot be limited to {allowed!r}: write a range, [lowest, highest]."
            )
        low, high = (parameter.normalise(end) for end in allowed)
        if low >= high:
            raise SynthError(
                f"{name} has an empty range from {allowed[0]} to {allowed[1]}: write the lower end "
                "first, or lock it to one value."
            )
        if parameter.kind == "integer":
            first, last = round(low * parameter.steps), round(high * parameter.steps)
            return cls._discrete(parameter, np.arange(first, last + 1))
        return cls._continuous(parameter, allowed, low, high)

    def nearest(self, levels: Array) -> NDArray[np.int64]:
        """Return the positions in `self.levels` nearest to levels `[n]` of the parameter, `[n]`."""
        return np.asarray(np.abs(levels[:, np.newaxis] - self.levels).argmin(axis=1))

    @classmethod
    def _continuous(
        cls, parameter: Parameter, allowed: Sequence[Any], low: float, high: float
    ) -> "Limit":
        prior = parameter.prior
        first, last = allowed
        if prior.low is not None and parameter.normalise(prior.low) > low:
            first = prior.low
        if prior.high is not None and parameter.normalise(prior.high) < high:
            last = prior.high
        if parameter.normalise(first) >= parameter.normalise(last):
            first, last = allowed
        prior = replace(prior, low=first, high=last)
        if prior.point is not None and not low <= parameter.normalise(prior.point) <= high:
            prior = replace(prior, point=None, mass=0.0)
        return cls(replace(parameter, prior=prior), low, high, np.empty(0, np.int64))

    @classmethod
    def _discrete(cls, parameter: Parameter, levels: NDArray[np.int64]) -> "Limit":
        if len(levels) < 2:
            raise SynthError(f"{parameter.name} is limited to fewer than two values: lock it.")
        allowed: Array = np.zeros(parameter.levels)
        allowed[levels] = 1
        weights = parameter.level_weights() * allowed
        prior = Prior(weights=tuple((weights if weights.any() else allowed).tolist()))
        point = parameter.prior.point
        if point is not None and allowed[round(parameter.normalise(point) * parameter.steps)]:
            prior = replace(prior, point=point, mass=parameter.prior.mass)
        low, high = (levels[[0, -1]] / parameter.steps).tolist()
        return cls(replace(parameter, prior=prior), low, high, levels)
