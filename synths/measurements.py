"""Measurements that later processes read, in the user's cache."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from patchwright.cache_folder import cache_folder
from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside
from patchwright.synths.whole_file import whole_file

MAX_BYTES = 64 * 2**20  # of a file

M = TypeVar("M")


class Measurements(Generic[M]):
    """Measurements of one kind, each in a JSON file of its own.

    Args:
        name: Name of their folder in the user's cache.
        kind: Frozen dataclass of a measurement.

    Examples:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Level:
        ...     decibels: float
        >>> levels = Measurements("levels", Level)
        >>> path = levels.path(["vst2:amsynth_vst", 44_100])
        >>> levels.write(path, Level(-12.5))
        >>> levels.read(path)
        Level(decibels=-12.5)
    """

    def __init__(self, name: str, kind: type[M]) -> None:
        self._name = name
        self._kind: TypeAdapter[M] = TypeAdapter(kind)

    def path(self, known: Any) -> Path:
        """Return the file of the measurement of something.

        Args:
            known: All that the measurement depends on, as JSON has it.
        """
        text = json.dumps(known, sort_keys=True, default=str)
        return cache_folder() / self._name / f"{sha256(text.encode()).hexdigest()[:24]}.json"

    def read(self, path: Path) -> M | None:
        """Read a measurement; None if it is missing, damaged or of another version."""
        try:
            data = read_outside(path, kind="a measurement", max_bytes=MAX_BYTES)
            return self._kind.validate_json(data, strict=True)
        except (SynthError, ValidationError):
            return None

    def write(self, path: Path, measurement: M) -> None:
        """Keep a measurement.

        Raises:
            OSError: If the cache cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(self._kind.dump_json(measurement, indent=2) + b"\n")
