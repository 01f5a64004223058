"""Names of descriptors in an experiment, and bounds of them."""

from collections.abc import Iterable

from patchwright.objectives.descriptors import DESCRIPTORS
from patchwright.synths import did_you_mean

Bounds = tuple[float | None, float | None]


def check_descriptors(names: Iterable[str]) -> None:
    """Refuse a name that is no descriptor's.

    Raises:
        ValueError: With the nearest that is one.
    """
    for name in names:
        if name not in DESCRIPTORS:
            raise ValueError(
                f"there is no descriptor {name!r}: {did_you_mean(name, [*DESCRIPTORS])}"
            )


def check_bounds(constraints: dict[str, Bounds]) -> None:
    """Refuse bounds that nothing could be within, or that bound nothing.

    Raises:
        ValueError: If one is wrong.
    """
    check_descriptors(constraints)
    for name, (low, high) in constraints.items():
        if low is None and high is None:
            raise ValueError(
                f"{name} has no bounds: give one, such as [-30, null], or leave it out"
            )
        if low is not None and high is not None and low >= high:
            raise ValueError(
                f"{name} must go up, from low to high, and [{low:g}, {high:g}] does not"
            )
