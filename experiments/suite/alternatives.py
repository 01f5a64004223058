"""What a suite's YAML lists: ranges, globs, the alternatives of a sweep, and what to call them."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patchwright.experiments.config.experiment import FILE_KEYS
from patchwright.experiments.errors import ExperimentError

MOST = 100_000  # runs of a suite
_RANGE = re.compile(r"(\d{1,10})\.\.(\d{1,10})")
_TELLING = ("name", "plugin", "method", "path", "preset", "program", "midi", "notes", "lock")


def alternatives(value: Any) -> list[Any]:
    """List what a value stands for: a list's entries, ``0..9`` for ten numbers, or itself.

    Raises:
        ExperimentError: If it stands for nothing, or for too much.
    """
    if isinstance(value, list):
        if not value:
            raise ExperimentError("A list of alternatives is empty: give it one, or leave it out.")
        return [each for entry in value for each in _numbers(entry)]
    return _numbers(value)


def targets(entry: Any, folder: Path) -> list[dict[str, Any]]:
    """List the targets that one entry stands for: lists, ranges and globs of files in all keys.

    Args:
        entry: As a target in an experiment; one key may be a list, a range or a glob, or several.
        folder: That files are relative to.

    Raises:
        ExperimentError: If it is no mapping, or a glob matches nothing.
    """
    if not isinstance(entry, Mapping):
        raise ExperimentError(f"A target is a mapping, such as {{path: note.wav}}, not {entry!r}.")
    columns = [
        [found for each in alternatives(value) for found in _files(key, each, folder)]
        for key, value in entry.items()
    ]
    return [dict(zip(entry, row, strict=True)) for row in itertools.product(*columns)]


def label(value: Any, key: str = "") -> str:
    """Say in a word or two what an alternative is."""
    if key in ("lock", "options") and isinstance(value, Mapping):
        return "-".join(f"{name}={inner}" for name, inner in value.items())
    if isinstance(value, Mapping):
        return "-".join(label(inner, name) for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return "+".join(label(each) for each in value)
    text = Path(value).stem if key in FILE_KEYS and isinstance(value, str) else str(value)
    return f"{key}={text}" if key and key not in _TELLING else text


def _numbers(value: Any) -> list[Any]:
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return [value]
    first, last = map(int, match.groups())
    if not first <= last < first + MOST:
        raise ExperimentError(
            f"{value} is no range: write the lesser number first, and up to {MOST:,} of them."
        )
    return list(range(first, last + 1))


def _files(key: str, value: Any, folder: Path) -> list[Any]:
    if key not in ("path", "preset", "midi") or not isinstance(value, str):
        return [value]
    # a file whose name holds brackets is itself
    if not set("*?[") & set(value) or (folder / value).is_file():
        return [value]
    pattern = folder / value
    root = Path(pattern.anchor)
    found = sorted(str(path) for path in root.glob(str(pattern.absolute().relative_to(root))))
    if not found:
        raise ExperimentError(f"{value} matches no file in {folder}: check the pattern.")
    return found
