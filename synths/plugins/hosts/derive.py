"""What a parameter is, told from what its plugin displays."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from patchwright.synths.parameters import POWERS, Parameter, Scale

PROBES = (0.0, 0.25, 0.5, 0.75, 1.0)  # where a parameter's text is read
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.{0,12}?)\s*")
_MOST_LEVELS = 1024
_TOLERANCE = 0.01  # of the range; texts are rounded


def slug(name: str) -> str:
    """Turn a plugin's name for a parameter into one for lock files: ``Osc 1 Level`` to
    ``osc_1_level``.
    """  # noqa: D205
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "unnamed"


def distinct(names: Iterable[str]) -> list[str]:
    """Number names that come twice: ``gain, gain`` to ``gain, gain_2``."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        found.append(candidate)
    return found


def continuous(
    name: str, texts: Sequence[str], *, default: float, unit: str = "", alias: str = ""
) -> Parameter:
    """Describe a continuous parameter in the units that its plugin displays, if they fit a scale.

    Args:
        name: For locks.
        texts: What the plugin displays at the normalised values `PROBES`.
        default: Normalised.
        unit: If the plugin tells it apart from the texts.
        alias: The plugin's own name.

    Returns:
        The parameter; in plain 0 to 1 where the texts follow no scale that is known.
    """
    aliases = (alias,) if alias and alias != name else ()
    numbers = [_NUMBER.fullmatch(text) for text in texts]
    found = None
    if all(numbers):
        values = [float(match[1]) for match in numbers if match]
        found = _fit(values)
        units = {match[2] for match in numbers if match and match[2]}
        unit = unit or (units.pop() if len(units) == 1 else "")
    low, high, scale = found or (0.0, 1.0, "linear")
    plain = Parameter(
        name=name,
        kind="continuous",
        low=low,
        high=high,
        default=low,
        scale=scale,
        unit=unit if found else "",
        aliases=aliases,
    )
    return plain.with_default(default)


def whole_numbers(first: str, last: str, steps: int) -> tuple[int, int] | None:
    """Range of a parameter of so many steps that displays whole numbers, one apart; or None."""
    ends = [_NUMBER.fullmatch(text) for text in (first, last)]
    if not 2 < steps <= _MOST_LEVELS or not all(ends):
        return None
    low, high = (float(match[1]) for match in ends if match)
    return (int(low), int(high)) if low % 1 == 0 and high - low == steps - 1 else None


def _fit(values: Sequence[float]) -> tuple[float, float, Scale] | None:
    """The range and scale that values at `PROBES` follow, or None."""
    at = np.array(PROBES)
    low, high = values[0], values[-1]
    if not (np.isfinite(values).all() and low < high):
        return None
    share = (np.array(values) - low) / (high - low)
    for scale, power in POWERS.items():
        # an offset that is small beside the range, such as 0.5 ms in 15 s, is left out
        if power > 1 and abs(low) > _TOLERANCE * (high - low):
            continue
        if np.abs(share - at**power).max() <= _TOLERANCE:
            return (low if power == 1 else 0.0), high, scale
    if low > 0 and np.abs(np.log(np.array(values) / low) / np.log(high / low) - at).max() <= 0.02:
        return low, high, "log"
    return None
