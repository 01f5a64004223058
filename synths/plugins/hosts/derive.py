"""Derive parameters from the texts that a plugin displays for them."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from patchwright.synths.parameters import POWERS, Parameter, Scale

PROBES = (0.0, 0.25, 0.5, 0.75, 1.0)  # normalised values at which a parameter's text is read
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.{0,12}?)\s*")
_MAX_LEVELS = 1024
_TOLERANCE = 0.01  # relative to the range, because texts are rounded


def slug(name: str) -> str:
    """Convert a plugin's parameter name to a name for lock files.

    Examples:
        >>> slug("Osc 1 Level")
        'osc_1_level'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "unnamed"


def distinct(names: Iterable[str]) -> list[str]:
    """Make names distinct by numbering the repeated ones.

    Examples:
        >>> distinct(["gain", "gain"])
        ['gain', 'gain_2']
    """
    numbered: list[str] = []
    taken: set[str] = set()
    for name in names:
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        numbered.append(candidate)
    return numbered


def continuous(
    name: str, texts: Sequence[str], *, default: float, unit: str = "", alias: str = ""
) -> Parameter:
    """Describe a continuous parameter, in displayed units if the displayed numbers fit a scale.

    Args:
        name: Name in lock files.
        texts: Displayed texts at the normalised values `PROBES`.
        default: Normalised default.
        unit: Unit, if the plugin reports it separately from the texts.
        alias: The plugin's own name.

    Returns:
        The parameter; from 0 to 1 without a unit if the texts follow no known scale.

    Examples:
        >>> continuous("decay", ["0 s", "0.25 s", "1 s", "2.25 s", "4 s"], default=0.5).text(0.5)
        '1 s'
    """
    aliases = (alias,) if alias and alias != name else ()
    numbers = [_NUMBER.fullmatch(text) for text in texts]
    fitted = None
    if all(numbers):
        values = [float(match[1]) for match in numbers if match]
        fitted = _fit(values)
        units = {match[2] for match in numbers if match and match[2]}
        unit = unit or (units.pop() if len(units) == 1 else "")
    low, high, scale = fitted or (0.0, 1.0, "linear")
    plain = Parameter(
        name=name,
        kind="continuous",
        low=low,
        high=high,
        default=low,
        scale=scale,
        unit=unit if fitted else "",
        aliases=aliases,
    )
    return plain.with_default(default)


def whole_numbers(first: str, last: str, steps: int) -> tuple[int, int] | None:
    """Return the range of a parameter whose `steps` texts are successive integers; else None."""
    ends = [_NUMBER.fullmatch(text) for text in (first, last)]
    if not 2 < steps <= _MAX_LEVELS or not all(ends):
        return None
    low, high = (float(match[1]) for match in ends if match)
    return (int(low), int(high)) if low % 1 == 0 and high - low == steps - 1 else None


def _fit(values: Sequence[float]) -> tuple[float, float, Scale] | None:
    """Return the range and scale of the values at `PROBES`; None if they fit no scale."""
    at = np.array(PROBES)
    low, high = values[0], values[-1]
    if not (np.isfinite(values).all() and low < high):
        return None
    share = (np.array(values) - low) / (high - low)
    for scale, power in POWERS.items():
        # a power scale starts at 0; a small offset, such as 0.5 ms in 15 s, is ignored
        if power > 1 and abs(low) > _TOLERANCE * (high - low):
            continue
        if np.abs(share - at**power).max() <= _TOLERANCE:
            return (low if power == 1 else 0.0), high, scale
    if low > 0 and np.abs(np.log(np.array(values) / low) / np.log(high / low) - at).max() <= 0.02:
        return low, high, "log"
    return None
