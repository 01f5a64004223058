"""Alternatives in a suite's YAML: ranges, globs and lists, and their labels."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patchwright.experiments.config.experiment import FILE_KEYS
from patchwright.experiments.config.ranges import MAX_NUMBERS, numbers
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.terminal.plain_text import shown
from patchwright.synths.outside_file import is_file

MAX_RUNS = MAX_NUMBERS
_PLAIN = ("name", "plugin", "method", "path", "paths", "preset", "program", "midi", "notes", "lock")
"""Keys whose values need no key beside them in a label."""


def alternatives(value: Any) -> list[Any]:
    """Expand a value: the entries of a list, the numbers of a range, or the value itself.

    Raises:
        ExperimentError: If a list is empty, or a range is reversed or too long.

    Examples:
        >>> alternatives(["cmaes", "0..2"])
        ['cmaes', 0, 1, 2]
    """
    if isinstance(value, list):
        if not value:
            raise ExperimentError("A list of alternatives is empty: add one, or leave it out.")
        return [each for entry in value for each in numbers(entry)]
    return numbers(value)


def targets(entry: Any, folder: Path) -> list[dict[str, Any]]:
    """Expand an entry of ``targets`` to all combinations of the values of its keys.

    Args:
        entry: Target as in an experiment; any value may be a list, a range or a glob of files.
        folder: Folder that files are relative to.

    Raises:
        ExperimentError: If the entry is not a mapping, or a glob matches nothing.

    Examples:
        >>> targets({"random": "0..1", "note": 60}, Path())
        [{'random': 0, 'note': 60}, {'random': 1, 'note': 60}]
    """
    if not isinstance(entry, Mapping):
        raise ExperimentError(f"A target is a mapping such as {{path: note.wav}}, not {entry!r}.")
    columns = [
        [value]  # several recordings are one target
        if key == "paths"
        else [file for each in alternatives(value) for file in _files(key, each, folder)]
        for key, value in entry.items()
    ]
    return [dict(zip(entry, row, strict=True)) for row in itertools.product(*columns)]


def label(value: Any, key: str = "") -> str:
    """Return a short label of an alternative.

    Examples:
        >>> label({"name": "cmaes", "options": {"population": 20}})
        'cmaes-population=20'
    """
    if key in ("lock", "options") and isinstance(value, Mapping):
        return "-".join(f"{name}={inner}" for name, inner in value.items())
    if isinstance(value, Mapping):
        return "-".join(label(inner, name) for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return "+".join(label(each, key) if key == "paths" else label(each) for each in value)
    text = Path(value).stem if key in FILE_KEYS and isinstance(value, str) else str(value)
    text = shown(text)
    return f"{key}={text}" if key and key not in _PLAIN else text


def _files(key: str, value: Any, folder: Path) -> list[Any]:
    if key not in ("path", "preset", "midi") or not isinstance(value, str):
        return [value]
    # an existing file whose name contains brackets is not a glob
    if not set("*?[") & set(value) or is_file(folder / value):
        return [value]
    pattern = (folder / value).absolute()
    if Path(os.path.normpath(pattern)).parts[1:2] == ("**",):
        raise ExperimentError(f"{value} would search the whole computer: name a folder in it.")
    root = Path(pattern.anchor)
    try:
        files = sorted(str(path) for path in root.glob(str(pattern.relative_to(root))))
    except (OSError, ValueError, NotImplementedError) as error:
        raise ExperimentError(f"{value} is no pattern of files: {error}.") from error
    if not files:
        raise ExperimentError(f"{value} matches no file in {folder}: check the pattern.")
    return files
