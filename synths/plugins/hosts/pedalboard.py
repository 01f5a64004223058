"""VST3 plugins, and Audio Units on macOS, through pedalboard.

https://github.com/spotify/pedalboard. This module works around three of its behaviours: its reset
plays warm-up notes, for ten seconds if the patch is silent; loading reads the text of every
parameter at a thousand values; attributes snap to a grid of a thousandth, unlike ``raw_value``.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
from numpy.typing import NDArray
from pedalboard import _pedalboard

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins.hosts.derive import MAX_LEVELS, derive, distinct, read_texts, slug
from patchwright.synths.plugins.hosts.host import BLOCK, SETTLE, check_taken
from patchwright.synths.presets import vstpreset

_TEMPO = 120.0  # the only tempo that pedalboard reports to plugins
_MIDI_CONTROLLERS = re.compile(r"MIDI C(h|C)")  # thousands of parameters in plugins made with DPF


class PedalboardHost:
    """One VST3 or Audio Unit instrument; see `patchwright.synths.plugins.hosts.host.Host`.

    Args:
        plugin: Plugin file: ``.vst3`` or ``.component``.
        sr: Sample rate in Hz.

    Raises:
        SynthError: If the plugin does not load or is an effect.
    """

    def __init__(self, plugin: Path | None, *, sr: int) -> None:
        if plugin is None:
            raise SynthError("pedalboard needs a plugin: give its file.")
        _pedalboard.PARAMETER_NAME_REGEXES_TO_IGNORE.add(_MIDI_CONTROLLERS)
        try:
            self._plugin = pedalboard.load_plugin(str(plugin), initialization_timeout=0)
        except (ImportError, ValueError, RuntimeError) as error:
            raise SynthError(f"{plugin} does not load: {' '.join(str(error).split())}") from error
        if not self._plugin.is_instrument:
            raise SynthError(f"{plugin} is an effect, not an instrument: name another plugin.")
        self._sr = sr
        self._loaded = b""
        self._parameters: dict[str, Any] = dict(self._plugin.parameters)  # 10 ms per call
        self._knobs = self._find_knobs()
        self.channels = 2
        self.suffix: str | None = ".vstpreset" if plugin.suffix.casefold() == ".vst3" else None
        self._process([], SETTLE)  # prepares the plugin: once, not at every render

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters."""
        names = distinct(map(slug, self._parameters))
        return tuple(map(_parameter, names, self._parameters.values()))

    def set_all(self, values: Array) -> None:
        """Set every parameter."""
        for knob, value in zip(self._knobs, values.tolist(), strict=True):
            knob.raw_value = value

    def values(self) -> Array:
        """Read every parameter back."""
        return np.array([knob.raw_value for knob in self._knobs], np.float64)

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance."""
        if performance.tempo != _TEMPO:
            raise SynthError(
                f"pedalboard cannot play at {performance.tempo:g} beats per minute: use "
                f"{_TEMPO:g}, or the host dawdreamer."
            )
        messages = sorted(
            message
            for note in performance.notes
            for message in (
                (note.onset, 1, bytes((0x90, note.pitch, note.velocity))),
                (note.onset + note.duration, 0, bytes((0x80, note.pitch, 0))),
            )
        )
        self._process([], SETTLE)
        # one extra sample, because pedalboard rounds seconds to samples
        sound = self._process(
            [(message, seconds) for seconds, _, message in messages],
            (performance.samples + 1) / performance.sr,
        )
        return sound[:, : performance.samples]

    def reset(self) -> None:
        """Stop all sound."""
        self._plugin.reset()
        self._knobs = self._find_knobs()  # the reset may have created the plugin anew

    def state(self) -> bytes:
        """Return the settings as a ``.vstpreset`` file."""
        self._process([], SETTLE)  # values reach the plugin only when it plays
        return bytes(self._plugin.preset_data)

    def load_state(self, data: bytes) -> None:
        """Load a ``.vstpreset`` file."""
        chunk = vstpreset.decode(data).component
        before = bytes(self._plugin.preset_data)
        try:
            self._plugin.preset_data = data
        except (ValueError, RuntimeError) as error:
            raise SynthError(
                "The plugin rejects the preset: choose one that was made for it."
            ) from error
        if data != self._loaded:
            check_taken(chunk, before, bytes(self._plugin.preset_data))
        self._loaded = data

    def _find_knobs(self) -> list[Any]:
        """Return the parameters without their wrappers, which search all parameters at each use."""
        by_name = {knob.name: knob for knob in self._plugin._parameters}
        return [by_name[wrapper.name] for wrapper in self._parameters.values()]

    def _process(self, messages: list[tuple[bytes, float]], seconds: float) -> NDArray[np.float32]:
        sound = self._plugin(
            messages,
            duration=seconds,
            sample_rate=self._sr,
            num_channels=self.channels,
            buffer_size=BLOCK,
            reset=False,
        )
        return np.asarray(sound, np.float32)


def _parameter(name: str, knob: Any) -> Parameter:
    raw, default = str(knob.name), float(knob.raw_value)
    aliases = (raw,) if raw != name else ()
    choices = tuple(map(str, knob.valid_values)) if knob.type is str else ()
    if knob.type is bool:
        return Parameter(name=name, kind="boolean", default=default > 0.5, aliases=aliases)
    if 1 < len(choices) <= MAX_LEVELS and len(set(choices)) == len(choices):
        chosen = choices[round(default * (len(choices) - 1))]
        return Parameter(
            name=name, kind="categorical", choices=choices, default=chosen, aliases=aliases
        )
    if knob.num_steps == 2:
        return Parameter(name=name, kind="boolean", default=default > 0.5, aliases=aliases)
    texts = read_texts(lambda probe: str(knob.get_text_for_raw_value(probe)))
    unit = str(knob.label or knob.units or "")
    return derive(name, texts, default=default, unit=unit, alias=raw)
