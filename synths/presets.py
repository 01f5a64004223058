"""Presets, and the file that keeps one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synths.errors import SynthError
from synths.parameters import Array, ParameterSpace


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
        """Read what `write` wrote; the values have the same bits.

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
            document: Any = json.loads(path.read_text(encoding="utf-8"))
            name, made_for = str(document["name"]), document["synth"]
            parameters = dict(document["parameters"])
        except OSError as error:
            raise SynthError(f"The preset {path} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise SynthError(f"{path} is not a preset of ours, or damaged.") from error
        if made_for != synth:
            raise SynthError(f"{path} is a preset of {made_for!r}: play it with that, not {synth}.")
        return cls(name, synth, space.values([parameters])[0])
