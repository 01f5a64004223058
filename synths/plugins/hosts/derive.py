"""Derive parameters from the texts that a plugin displays for them.

Most plugins call every parameter continuous. Their texts tell more: a parameter with few texts has
as many levels, numbers among them are its real values, and the units are their own.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from patchwright.synths.parameters import POWERS, Kind, Parameter, Scale, Value

PROBES = np.linspace(0.0, 1.0, 257)
"""Normalised values at which a parameter's text is read."""

MAX_LEVELS = 128
"""Most levels of a discrete parameter; with more texts a parameter counts as continuous."""

_WHOLE = re.compile(r"-?\d{1,6}")
_FIT = slice(None, None, 64)  # the probes at which a scale is fitted
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.{0,12}?)\s*")
_TOLERANCE = 0.01  # relative to the range, because texts are rounded
_SWITCHES = {"off on", "no yes", "false true", "disabled enabled", "0 1"}
# names of parameters whose numbers count things without an order
_NOMINAL = re.compile(r"wave|shape|type|mode|algorithm|source|dest|curve|slot|program|bank")
# units of quantities that have values between those displayed; larger ones and their factors
_CONTINUOUS = {"%", "db", "hz", "khz", "ms", "s", "sec", "cent", "cents", "ct", "°"}
_LARGER = {"khz": ("hz", 1000.0), "s": ("ms", 1000.0), "sec": ("ms", 1000.0)}


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


def read_texts(read: Callable[[float], str]) -> list[str]:
    """Read the texts of a parameter at `PROBES`, with few calls if it is continuous.

    Of `MAX_LEVELS` levels or fewer, each has two probes or more, so at most about half of the
    neighbouring probes in a row differ. Where nearly all of them do, only the probes at which a
    scale is fitted are read, and the others are distinct marks.

    Args:
        read: Returns the text at a normalised value.
    """
    pairs = [(i, i + 1) for first in (60, 128, 190) for i in range(first, first + 8)]
    known = {i: read(float(PROBES[i])) for i in sorted({i for pair in pairs for i in pair})}
    differing = sum(known[first] != known[second] for first, second in pairs)
    if differing < len(pairs) - 2:
        return [known[i] if i in known else read(float(probe)) for i, probe in enumerate(PROBES)]
    fitted = range(len(PROBES))[_FIT]
    return [read(float(p)) if i in fitted else f"\0{i}" for i, p in enumerate(PROBES)]


def stepped_texts(steps: int, read: Callable[[float], str]) -> list[str]:
    """Read the texts of a parameter whose number of levels is known, at `PROBES`.

    Whole numbers are counted, not read: some hosts cut what rounding has left of them.

    Args:
        steps: Number of levels, 2 to `MAX_LEVELS`.
        read: Returns the text at a normalised value.

    Examples:
        >>> texts = stepped_texts(49, lambda value: str(int(48 * value - 24)))
        >>> derive("transpose", texts, default=0.5).span()
        '-24 to 24'
    """
    texts = [read(number / (steps - 1)) for number in range(steps)]
    ends = [_WHOLE.fullmatch(text.strip()) for text in (texts[0], texts[-1])]
    if all(ends):
        low, high = int(texts[0]), int(texts[-1])
        if high - low == steps - 1:
            texts = [str(number) for number in range(low, high + 1)]
    return [texts[round(float(probe) * (steps - 1))] for probe in PROBES]


def derive(
    name: str, texts: Sequence[str], *, default: float, unit: str = "", alias: str = ""
) -> Parameter:
    """Describe a parameter by its texts.

    A parameter is discrete if it has few texts, each for one stretch of the range, and if the text
    at i / (k - 1) is that of level i of k, because levels are set so. It is a switch if its two
    texts are off and on; an integer if they are successive whole numbers, unless its name speaks of
    waveforms, modes and the like; otherwise categorical. Evenly spaced numbers with a unit such as
    dB are a coarse display of a continuous parameter. A continuous one is in displayed units if the
    numbers fit a scale.

    Args:
        name: Name in lock files.
        texts: Displayed texts at the normalised values `PROBES`.
        default: Normalised default.
        unit: Unit, if the plugin reports it separately from the texts.
        alias: The plugin's own name.

    Returns:
        The parameter; continuous from 0 to 1 without a unit if the texts tell nothing.

    Examples:
        >>> waves = ["saw" if probe < 0.5 else "square" for probe in PROBES]
        >>> derive("wave", waves, default=0.0).choices
        ('saw', 'square')
        >>> times = [f"{4 * probe**2:.3g} s" for probe in PROBES]
        >>> derive("decay", times, default=0.5).text(0.5)
        '1 s'
    """
    texts = [text.strip() for text in texts]
    levels = _levels(texts)
    kind, low, high = _kind(levels, unit)
    if kind == "integer" and _NOMINAL.search(name):
        kind, low, high = "categorical", 0.0, 1.0
    scale: Scale = "linear"
    first: Value = low
    if kind == "boolean":
        first = False
    elif kind == "categorical":
        first = levels[0]
    elif kind == "integer":
        unit = unit or _matched(levels)[0][2]
    else:
        unit, (low, high, scale) = _range(texts[_FIT], unit)
        first = low
    plain = Parameter(
        name=name,
        kind=kind,
        low=low,
        high=high,
        default=first,
        scale=scale,
        unit=unit if kind in ("integer", "continuous") else "",
        choices=tuple(levels) if kind == "categorical" else (),
        aliases=(alias,) if alias and alias != name else (),
    )
    return plain.with_default(default)


def _matched(texts: Sequence[str]) -> list[re.Match[str]]:
    """Return the number and the unit in each text; nothing if one of the texts is no number."""
    matches = [match for text in texts if (match := _NUMBER.fullmatch(text))]
    return matches if len(matches) == len(texts) else []


def _levels(texts: Sequence[str]) -> list[str]:
    """Return the texts of a discrete parameter's levels; fewer than two if it is continuous."""
    levels = list(dict.fromkeys(texts))
    k = len(levels)
    if not 2 <= k <= MAX_LEVELS:
        return []
    stretches = 1 + sum(first != second for first, second in pairwise(texts))
    places = np.rint(np.linspace(0, len(texts) - 1, k)).astype(int)
    return levels if stretches == k and [texts[i] for i in places] == levels else []


def _kind(levels: Sequence[str], unit: str) -> tuple[Kind, float, float]:
    """Return the kind of a parameter by the texts of its levels, and the range of an integer."""
    if len(levels) < 2:
        return "continuous", 0.0, 1.0
    if _plain(levels) in _SWITCHES:
        return "boolean", 0.0, 1.0
    if not (matches := _matched(levels)):
        return "categorical", 0.0, 1.0
    numbers = np.array([float(match[1]) for match in matches])
    units = {match[2] for match in matches}
    steps = np.diff(numbers)
    even = len(units) == 1 and np.allclose(steps, steps[0], rtol=0.05)
    if even and (unit or units.pop()).casefold() in _CONTINUOUS:
        return "continuous", 0.0, 1.0
    if even and (steps == 1.0).all() and (numbers % 1 == 0.0).all():
        return "integer", float(numbers[0]), float(numbers[-1])
    return ("continuous" if even and len(levels) > 2 else "categorical"), 0.0, 1.0


def _plain(levels: Sequence[str]) -> str:
    """Return two texts in lower case, numbers without needless zeros."""
    words = (f"{float(text):g}" if re.fullmatch(r"[\d.]+", text) else text for text in levels)
    return " ".join(words).casefold()


def _range(texts: Sequence[str], unit: str) -> tuple[str, tuple[float, float, Scale]]:
    """Return unit, range and scale of a continuous parameter by the texts at the probes `_FIT`."""
    nothing: tuple[float, float, Scale] = (0.0, 1.0, "linear")
    if not (matches := _matched(texts)):
        return "", nothing
    values = [float(match[1]) for match in matches]
    units = [match[2] for match in matches]
    if len(set(units)) > 1:  # such as ms and s: all in the smaller one
        parts = [_LARGER.get(each.casefold(), (each.casefold(), 1.0)) for each in units]
        if len({small for small, _ in parts}) > 1:
            return "", nothing
        values = [value * factor for value, (_, factor) in zip(values, parts, strict=True)]
        units = [next(each for each in units if each.casefold() == parts[0][0])]
    fitted = _fit(values)
    return ("", nothing) if fitted is None else (unit or units[0], fitted)


def _fit(values: Sequence[float]) -> tuple[float, float, Scale] | None:
    """Return the range and scale of the values at the probes `_FIT`; None if they fit no scale."""
    at = PROBES[_FIT]
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
