"""Presets, and the file that keeps one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.presets import strict_json

LIMIT = 2**20  # bytes of a file


@dataclass(frozen=True, eq=False)
class Preset:
    """A named row of values of one synth.

    Attributes:
        name: For people.
        synth: Name of the synth that it is for.
        values: Normalised, `[P]`.
    """

    name: str
    synth: str
    values: Array

    def write(self, path: Path, space: ParameterSpace) -> None:
        """Write a JSON file of readable values, by name."""
        readable = space.readable(self.values[np.newaxis])[0]
        document = {"name": self.name, "synth": self.synth, "parameters": readable}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path, synth: str, space: ParameterSpace) -> "Preset":
        """Read what `write` wrote, or a plain object of values by parameter name.

        What `write` wrote comes back with the same bits. A plain object is any without the key
        `parameters`, such as `{"filter_cutoff": "1.2 kHz", "osc1_waveform": "saw"}`; its preset is
        named after the file.

        Args:
            path: A JSON file.
            synth: Name of the synth that is to play it.
            space: Of that synth.

        Returns:
            The preset; parameters that the file leaves out have their defaults.

        Raises:
            SynthError: If the file is damaged, for another synth, or does not fit the space.
        """
        try:
            with path.open("rb") as file:
                data = file.read(LIMIT + 1)
        except OSError as error:
            raise SynthError(f"The preset {path} cannot be read: {error.strerror}.") from error
        try:
            document = strict_json.parse(data, limit=LIMIT)
        except SynthError as error:
            raise SynthError(f"{path}: {error}") from error
        if not isinstance(document, dict):
            raise SynthError(f"{path} is not a preset of ours, or damaged: export it again.")
        if "parameters" not in document:
            return cls(path.stem, synth, _values(document, space))
        name, made_for, parameters = (document.get(k) for k in ("name", "synth", "parameters"))
        if not (
            isinstance(name, str) and isinstance(made_for, str) and isinstance(parameters, dict)
        ):
            raise SynthError(f"{path} is not a preset of ours, or damaged: export it again.")
        if made_for != synth:
            raise SynthError(f"{path} is a preset of {made_for!r}: play it with that, not {synth}.")
        return cls(name, synth, _values(parameters, space))


def _values(parameters: dict[str, Any], space: ParameterSpace) -> Array:
    """The row `[P]` of values; a parameter may have one value only, under whatever name."""
    given: dict[int, str] = {}
    for name in parameters:
        other = given.setdefault(space.index(name), name)
        if other != name:
            raise SynthError(f"{name!r} and {other!r} are the same parameter: remove one of them.")
    row: Array = space.values([parameters])[0]
    return row
