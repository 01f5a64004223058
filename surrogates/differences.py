"""What differs between two records, in words."""

from collections.abc import Mapping
from typing import Any

_SHOWN = 3  # differences in a sentence
_LONGEST = 60  # characters of a value


def differences(first: Any, second: Any, place: str = "") -> list[str]:
    """List what differs between two values of plain data.

    Args:
        first: Mapping of plain data, as of JSON.
        second: Mapping to compare it with.
        place: Dotted key of both.

    Returns:
        A few words for each key whose values differ, in the order of the first mapping.

    Examples:
        >>> differences({"sr": 44100, "notes": {"pitch": [60]}}, {"sr": 44100, "notes": {}})
        ['notes.pitch ([60] and nothing)']
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        found = []
        for key in dict.fromkeys([*first, *second]):
            inner = f"{place}.{key}" if place else str(key)
            found += differences(first.get(key), second.get(key), inner)
        return found
    return [] if first == second else [f"{place} ({_short(first)} and {_short(second)})"]


def in_words(found: list[str]) -> str:
    """Join differences for a sentence; of many, the first three.

    Examples:
        >>> in_words(["sr (1 and 2)", "seed (0 and 1)"])
        'sr (1 and 2), seed (0 and 1)'
    """
    rest = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and len(str(value)) > _LONGEST:
        return "another"
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
