"""A plugin host in one file: it plays sine tones and needs no plugin.

`SINE` is its row of the table. It has hidden state, as plugins do: each tone begins where the last
one ended in its cycle. So only a policy that starts every render afresh repeats its renders.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.synths import Parameter, Performance, SynthError
from patchwright.synths.parameters import Array
from patchwright.synths.plugins.hosts.table import HostEntry

SINE = HostEntry(
    name="sine",
    module="tests.synths.plugins.sine_host",
    class_name="SineHost",
    about="Sine tones",
    synth="sine",
    preset_suffixes=(".sine",),
)
MAX_DETUNE = 100.0  # cents


class SineHost:
    """One synth of sine tones.

    Args:
        plugin: Always None.
        sr: Sample rate in Hz.
    """

    def __init__(self, plugin: Path | None, *, sr: int) -> None:
        self.channels = 1
        self.suffix: str | None = ".sine"
        self._values = np.array([0.5, 0.0])
        self._phase = 0.0

    def describe(self) -> tuple[Parameter, ...]:
        level = Parameter(name="level", kind="continuous", default=0.0)
        detune = Parameter(
            name="detune", kind="continuous", high=MAX_DETUNE, unit="ct", default=0.0
        )
        # a preset file may have been loaded: defaults are the present values
        return tuple(map(Parameter.with_default, (level, detune), self._values.tolist()))

    def set_all(self, values: Array) -> None:
        self._values = np.array(values)

    def values(self) -> Array:
        return self._values.copy()

    def play(self, performance: Performance) -> NDArray[np.float32]:
        level, detune = self._values
        time = np.arange(performance.samples) / performance.sr
        audio = np.zeros(performance.samples)
        for note in performance.notes:
            played = time - note.onset
            sounds = (played >= 0) & (played < note.duration)
            hz = 440 * 2 ** ((note.pitch - 69 + detune * MAX_DETUNE / 100) / 12)
            tone = np.sin(2 * np.pi * (hz * played[sounds] + self._phase))
            audio[sounds] += 0.5 * level * note.velocity / 127 * tone
            self._phase = (self._phase + hz * note.duration) % 1
        return audio[np.newaxis].astype(np.float32)

    def reset(self) -> None:
        """Do nothing: this synth has no reset."""

    def state(self) -> bytes:
        return json.dumps(self._values.tolist()).encode()

    def load_state(self, data: bytes) -> None:
        try:
            level, detune = json.loads(data)
        except ValueError as error:
            raise SynthError(
                f"The preset is not a .sine file ({error}): choose another."
            ) from error
        self._values = np.array([level, detune], np.float64)
