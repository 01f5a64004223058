"""Checks of the descriptors that an experiment names, and of their bounds."""

from collections.abc import Iterable

from patchwright.objectives.descriptors import DESCRIPTORS
from patchwright.synths import did_you_mean

Bounds = tuple[float | None, float | None]


def check_descriptors(names: Iterable[str]) -> None:
    """Reject an unknown descriptor.

    Raises:
        ValueError: If a name is unknown; the message names the nearest descriptor.
    """
    for name in names:
        if name not in DESCRIPTORS:
            raise ValueError(
                f"there is no descriptor {name!r}: {did_you_mean(name, [*DESCRIPTORS])}"
            )


def check_bounds(constraints: dict[str, Bounds]) -> None:
    """Reject bounds that are empty or missing.

    Raises:
        ValueError: If a descriptor is unknown or its bounds are wrong.
    """
    check_descriptors(constraints)
    for name, (low, high) in constraints.items():
        if low is None and high is None:
            raise ValueError(
                f"{name} has no bounds: give one, such as [-30, null], or leave it out"
            )
        if low is not None and high is not None and low >= high:
            raise ValueError(
                f"the bounds [{low:g}, {high:g}] of {name} are empty: write the lower one first"
            )
