"""A part of a parameter's range, to which a search is held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters.parameter import Array, Parameter, Prior


@dataclass(frozen=True, eq=False)
class Limit:
    """What a limited parameter may be.

    Attributes:
        parameter: Drawing only what it may be: from the part of its prior that the limit leaves,
            and if it leaves none, all of the limit alike.
        low: Least normalised value.
        high: Greatest normalised value.
        levels: The levels of a discrete parameter, `[k]`, ascending; none if continuous.
    """

    parameter: Parameter
    low: float
    high: float
    levels: NDArray[np.int64]

    def place(self, levels: Array) -> NDArray[np.int64]:
        """Which of `levels` is nearest to levels `[n]` of the whole parameter, `[n]`."""
        return np.asarray(np.abs(levels[:, np.newaxis] - self.levels).argmin(axis=1))


def limited(parameter: Parameter, allowed: Any) -> Limit:
    """Hold a parameter to a part of its range.

    Args:
        parameter: Not a boolean.
        allowed: The lowest and the highest value, as `Parameter.normalise` takes them; of a
            categorical parameter two choices or more.

    Raises:
        SynthError: If it is neither, or leaves no room, or the parameter cannot have such a value.
    """
    name = parameter.name
    if parameter.kind == "boolean":
        raise SynthError(f"{name} is on or off: lock it, rather than limit it.")
    several = isinstance(allowed, Sequence) and not isinstance(allowed, str) and None not in allowed
    if parameter.kind == "categorical":
        if not several:
            raise SynthError(f"{name} is limited to a list of choices, not to {allowed!r}.")
        places = [round(parameter.normalise(choice) * parameter.steps) for choice in allowed]
        return _discrete(parameter, np.unique(places))
    if not several or len(allowed) != 2:
        raise SynthError(f"{name} is limited to [lowest, highest], not to {allowed!r}.")
    low, high = (parameter.normalise(end) for end in allowed)
    if low >= high:
        raise SynthError(
            f"{name} has no room from {allowed[0]} to {allowed[1]}: name the lower end first, or "
            "lock it to one value."
        )
    if parameter.kind == "integer":
        first, last = round(low * parameter.steps), round(high * parameter.steps)
        return _discrete(parameter, np.arange(first, last + 1))
    return _continuous(parameter, allowed)


def _continuous(parameter: Parameter, allowed: Sequence[Any]) -> Limit:
    low, high = (parameter.normalise(end) for end in allowed)
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
    return Limit(replace(parameter, prior=prior), low, high, np.empty(0, np.int64))


def _discrete(parameter: Parameter, levels: NDArray[np.int64]) -> Limit:
    if len(levels) < 2:
        raise SynthError(f"{parameter.name} is limited to less than two values: lock it.")
    may: Array = np.zeros(parameter.levels)
    may[levels] = 1
    weights = parameter.level_weights() * may
    prior = Prior(weights=tuple((weights if weights.any() else may).tolist()))
    point = parameter.prior.point
    if point is not None and may[round(parameter.normalise(point) * parameter.steps)]:
        prior = replace(prior, point=point, mass=parameter.prior.mass)
    low, high = (levels[[0, -1]] / parameter.steps).tolist()
    return Limit(replace(parameter, prior=prior), low, high, levels)
