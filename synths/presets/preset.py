"""Presets, and their JSON files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.presets import strict_json
from patchwright.synths.whole_file import whole_file

MAX_BYTES = 2**20  # of a file


@dataclass(frozen=True, eq=False)
class Preset:
    """A named row of values of one synth.

    Attributes:
        name: Name to show.
        synth: Name of the synth.
        values: Normalised values, `[P]`.

    Examples:
        >>> from patchwright.synths.builtin import Subtractive
        >>> space = Subtractive.space
        >>> bass = Preset("bass", "subtractive", space.values([{"filter_cutoff": "300 Hz"}])[0])
        >>> space["filter_cutoff"].text(bass.values[space.index("filter_cutoff")])
        '300 Hz'
    """

    name: str
    synth: str
    values: Array

    def write(self, path: Path, space: ParameterSpace) -> None:
        """Write a JSON file of readable values by parameter name.

        Args:
            path: File to write or replace.
            space: Space of the synth.
        """
        readable = space.readable(self.values[np.newaxis])[0]
        document = {"name": self.name, "synth": self.synth, "parameters": readable}
        with whole_file(path) as part:
            part.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path, synth: str, space: ParameterSpace) -> "Preset":
        """Read a file from `write`, or a plain object of values by parameter name.

        A preset from `write` comes back with the same bits. A plain object is one without the key
        `parameters`, such as `{"filter_cutoff": "1.2 kHz", "osc1_waveform": "saw"}`; its preset is
        named after the file.

        Args:
            path: JSON file.
            synth: Name of the synth.
            space: Space of the synth.

        Returns:
            The preset; parameters that the file leaves out have their defaults.

        Raises:
            SynthError: If the file cannot be read, is damaged, is for another synth, or has an
                unknown parameter or an invalid value.
        """
        data = read_outside(path, kind="a JSON preset", max_bytes=MAX_BYTES)
        try:
            document = strict_json.parse(data, max_bytes=MAX_BYTES)
        except SynthError as error:
            raise SynthError(f"{path}: {error}") from error
        damaged = f"{path} is not a preset of Patchwright, or is damaged: export it again."
        if not isinstance(document, dict):
            raise SynthError(damaged)
        if "parameters" not in document:
            return cls(path.stem, synth, _values(document, space))
        name, made_for, parameters = (document.get(k) for k in ("name", "synth", "parameters"))
        if not (
            isinstance(name, str) and isinstance(made_for, str) and isinstance(parameters, dict)
        ):
            raise SynthError(damaged)
        if made_for != synth:
            raise SynthError(f"{path} is a preset of {made_for!r}, not of {synth}: choose another.")
        return cls(name, synth, _values(parameters, space))


def _values(parameters: Mapping[str, object], space: ParameterSpace) -> Array:
    """Return a row `[P]` of values; each parameter may be given once, by its name or an alias."""
    given: dict[int, str] = {}
    for name in parameters:
        other = given.setdefault(space.index(name), name)
        if other != name:
            raise SynthError(f"{name!r} and {other!r} are the same parameter: remove one of them.")
    row: Array = space.values([parameters])[0]
    return row
