"""LV2 plugins through minihost.

https://lv2plug.in and https://pypi.org/project/minihost. minihost hands calls over to a thread of
its own, which a fork would lose; here it works without.
"""

import os
from functools import cached_property
from pathlib import Path
from xml.sax.saxutils import quoteattr

os.environ["MINIHOST_MESSAGE_THREAD"] = "0"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # some plugins open their toolkit at once

import minihost
import numpy as np
import rdflib  # noqa: F401 - once, before forks read presets
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins.hosts.derive import (
    MAX_LEVELS,
    PROBES,
    derive,
    distinct,
    slug,
    stepped_texts,
)
from patchwright.synths.plugins.hosts.host import (
    BLOCK,
    MAX_CHANNELS,
    NO_EFFECT,
    NO_INSTRUMENT,
    SETTLE,
    Program,
    heard,
)
from patchwright.synths.plugins.hosts.lv2_bundle import as_utf8
from patchwright.synths.presets import lv2

_ON, _OFF = 0x90, 0x80


class LV2Host:
    """One LV2 plugin; see `patchwright.synths.plugins.hosts.host.Host`.

    Args:
        plugin: Bundle that holds it.
        sr: Sample rate in Hz.
        uri: URI of the plugin.
        effect: Whether an effect is wanted, and not an instrument.

    Raises:
        SynthError: If the plugin does not load or is of the other kind.
    """

    def __init__(
        self, plugin: Path | None, *, sr: int, uri: str = "", effect: bool = False
    ) -> None:
        if plugin is None or not uri:
            raise SynthError("minihost needs an LV2 plugin: name it as lv2:NAME.")
        description = (
            f'<PLUGIN name={quoteattr(plugin.stem)} format="LV2" file={quoteattr(uri)} '
            f'uniqueId="0" uid="0" isInstrument="{int(not effect)}" '
            f'numInputs="{MAX_CHANNELS * effect}" numOutputs="{MAX_CHANNELS}"/>'
        )
        try:
            self._plugin = minihost.Plugin.from_descriptor(
                description, float(sr), BLOCK, MAX_CHANNELS * effect, MAX_CHANNELS
            )
        except RuntimeError as error:
            raise SynthError(f"{plugin} does not load: {' '.join(str(error).split())}") from error
        inputs = int(self._plugin.num_input_channels)
        if effect and not inputs:
            raise SynthError(NO_EFFECT.format(uri))
        if not effect and not self._plugin.accepts_midi:
            raise SynthError(NO_INSTRUMENT.format(uri))
        self._sr = sr
        self._count = int(self._plugin.num_params)
        self._silence = np.zeros((max(inputs, 1), BLOCK), np.float32)
        self.channels = int(self._plugin.num_output_channels)
        self.suffix: str | None = ".ttl"
        self._uri = uri

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters."""
        described = [self._plugin.get_param_info(i) for i in range(self._count)]
        names = distinct(slug(entry["name"]) for entry in described)
        return tuple(
            derive(
                name,
                self._texts(i, int(entry["num_steps"])),
                default=min(max(float(self._plugin.get_param(i)), 0.0), 1.0),
                unit=str(entry["label"]),
                alias=str(entry["name"]),
            )
            for i, (name, entry) in enumerate(zip(names, described, strict=True))
        )

    def _texts(self, position: int, steps: int) -> list[str]:
        """Return the texts of a parameter at `PROBES`."""

        def read(value: float) -> str:
            return as_utf8(str(self._plugin.param_to_text(position, value)))

        if 2 <= steps <= MAX_LEVELS:
            return stepped_texts(steps, read)
        return [read(probe) for probe in PROBES.tolist()]

    def set_all(self, values: Array) -> None:
        """Set every parameter."""
        for position, value in enumerate(values.tolist()):
            self._plugin.set_param(position, value)

    def values(self) -> Array:
        """Read every parameter back."""
        return np.array([self._plugin.get_param(i) for i in range(self._count)], np.float64)

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance."""
        self._plugin.set_transport(bpm=performance.tempo, is_playing=True)
        settling = -(-round(SETTLE * self._sr) // BLOCK)
        events = sorted(
            (settling * BLOCK + round(seconds * self._sr), status, note.pitch, velocity)
            for note in performance.notes
            for seconds, status, velocity in (
                (note.onset, _ON, note.velocity),
                (note.onset + note.duration, _OFF, 0),
            )
        )
        late = int(self._plugin.latency_samples) if performance.dry is not None else 0
        blocks = settling - (-(performance.samples + late) // BLOCK)
        length, inputs = blocks * BLOCK, len(self._silence)
        sound = heard(performance, inputs, length, delay=settling * BLOCK)
        audio = np.zeros((blocks, self.channels, BLOCK), np.float32)
        for number, block in enumerate(audio):
            first = number * BLOCK
            now = [
                (sample - first, *message)
                for sample, *message in events
                if first <= sample < first + BLOCK
            ]
            taken = np.ascontiguousarray(sound[:, first : first + BLOCK])
            self._plugin.process_midi(taken, block, now)
        whole = audio[settling:].transpose(1, 0, 2).reshape(self.channels, -1)
        return whole[:, late : late + performance.samples]

    def reset(self) -> None:
        """Stop all sound."""
        self._plugin.reset()

    def programs(self) -> list[Program]:
        """Read the LV2 presets of the plugin by name, from all bundles that are installed."""
        found = []
        for number in range(self._plugin.num_programs):
            self.load_program(number)
            found.append(Program(self._program_name(self._order[number]), self.values()))
        return found

    def load_program(self, number: int) -> None:
        """Load an LV2 preset."""
        self._plugin.program = self._order[number]

    @cached_property
    def _order(self) -> list[int]:
        """Numbers of the presets by name: lilv lists them in another order in each process."""
        return sorted(range(self._plugin.num_programs), key=self._program_name)

    def _program_name(self, number: int) -> str:
        return str(self._plugin.get_program_name(number))

    def state(self) -> bytes:
        """Return the settings as an LV2 preset, in Turtle."""
        # values reach the plugin only when it plays
        self._plugin.process_midi(self._silence, self._block(), [])
        return lv2.from_state(self._plugin.get_state())

    def load_state(self, data: bytes) -> None:
        """Load an LV2 preset, in Turtle."""
        made_for = lv2.decode(data).plugin
        if made_for != self._uri:
            raise SynthError(f"The preset is for {made_for}, not {self._uri}: choose another.")
        for value in (None, 0.25, 0.75):
            # minihost fails as well if nothing changes, so one parameter is moved first
            if value is not None:
                self._plugin.set_param(0, value)
                self._plugin.process_midi(self._silence, self._block(), [])
            try:
                self._plugin.set_state(data)
            except RuntimeError:
                continue
            return
        raise SynthError("The plugin rejects the preset: choose another.")

    def _block(self) -> NDArray[np.float32]:
        return np.zeros((self.channels, BLOCK), np.float32)
