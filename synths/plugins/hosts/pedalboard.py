"""VST3 plugins, and Audio Units on macOS, through pedalboard.

https://github.com/spotify/pedalboard. This module works around two of its behaviours: its reset
plays warm-up notes, for ten seconds if the patch is silent; and its parameters read their text at a
thousand values when a plugin is loaded, and snap to them, unlike the plain ones that they wrap.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
from numpy.typing import NDArray
from pedalboard._pedalboard import (
    PARAMETER_NAME_REGEXES_TO_IGNORE,
    get_text_for_raw_value,
    to_python_parameter_name,
)

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins.hosts.derive import derive, distinct, read_texts, slug
from patchwright.synths.plugins.hosts.host import (
    BLOCK,
    NO_EFFECT,
    NO_INSTRUMENT,
    SETTLE,
    Program,
    check_taken,
    heard,
)
from patchwright.synths.presets import vstpreset

_MAX_PROGRAMS = 10_000
_TEMPO = 120.0  # the only tempo that pedalboard reports to plugins
_PROGRAM = re.compile(r"(current )?program", re.IGNORECASE)  # name of the parameter that chooses it
# thousands of parameters in plugins made with DPF, and hundreds without names in Guitar Rig
_NO_KNOBS = re.compile(r"MIDI C(h|C)|P\d\d\d")


class PedalboardHost:
    """One VST3 or Audio Unit plugin; see `patchwright.synths.plugins.hosts.host.Host`.

    Args:
        plugin: Plugin file: ``.vst3`` or ``.component``.
        sr: Sample rate in Hz.
        effect: Whether an effect is wanted, and not an instrument.

    Raises:
        SynthError: If the plugin does not load or is of the other kind.
    """

    def __init__(self, plugin: Path | None, *, sr: int, effect: bool = False) -> None:
        if plugin is None:
            raise SynthError("pedalboard needs a plugin: give its file.")
        PARAMETER_NAME_REGEXES_TO_IGNORE.add(re.compile(""))  # it wraps none
        try:
            self._plugin = pedalboard.load_plugin(str(plugin), initialization_timeout=0)
        except (ImportError, ValueError, RuntimeError) as error:
            raise SynthError(f"{plugin} does not load: {' '.join(str(error).split())}") from error
        if effect and not self._plugin.is_effect:
            raise SynthError(NO_EFFECT.format(plugin))
        if not effect and not self._plugin.is_instrument:
            raise SynthError(NO_INSTRUMENT.format(plugin))
        self._sr = sr
        self._effect = effect
        self._loaded = b""
        self._knobs = self._find_knobs()
        self.channels = 2
        self.version = str(self._plugin.version)
        self.vendor, self.title = str(self._plugin.manufacturer_name), str(self._plugin.name)
        self.suffix: str | None = ".vstpreset" if plugin.suffix.casefold() == ".vst3" else None
        self._process([], SETTLE)  # prepares the plugin: once, not at every render

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters."""
        names = distinct(slug(knob.name) for knob in self._knobs.values())
        return tuple(
            _also_known(describe_knob(name, knob), attribute)
            for name, (attribute, knob) in zip(names, self._knobs.items(), strict=True)
        )

    def set_all(self, values: Array) -> None:
        """Set every parameter."""
        for knob, value in zip(self._knobs.values(), values.tolist(), strict=True):
            knob.raw_value = value

    def values(self) -> Array:
        """Read every parameter back."""
        return np.array([knob.raw_value for knob in self._knobs.values()], np.float64)

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance."""
        if performance.tempo != _TEMPO:
            raise SynthError(
                f"pedalboard cannot play at {performance.tempo:g} beats per minute: use "
                f"{_TEMPO:g}, or the host dawdreamer."
            )
        if self._effect:
            return self._play_through(performance)
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

    def _play_through(self, performance: Performance) -> NDArray[np.float32]:
        """Play the dry sound of a performance."""
        self._process([], SETTLE)
        late = int(self._plugin.reported_latency_samples)
        sound = self._through(heard(performance, self.channels, performance.samples + late))
        # pedalboard leaves out as many samples as the plugin is late, of all that it ever played
        return sound[:, late:]

    def _through(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        sound = self._plugin(audio, self._sr, buffer_size=BLOCK, reset=False)
        return np.asarray(sound, np.float32)

    def reset(self) -> None:
        """Stop all sound."""
        self._plugin.reset()
        self._knobs = self._find_knobs()  # the reset may have created the plugin anew

    def programs(self) -> list[Program]:
        """Read the programs, which a VST3 plugin shows as the levels of one parameter."""
        if self._program is None:
            return []
        place, knob = self._program
        found = []
        for number in range(knob.num_steps):
            self.load_program(number)
            name, values = str(knob.string_value), self.values()
            values[place] = 0.0  # the sound shall come from the other parameters
            found.append(Program(name, values))
        return found

    def load_program(self, number: int) -> None:
        """Choose a program."""
        if self._program is not None:
            _, knob = self._program
            knob.raw_value = number / (knob.num_steps - 1)
            self._process([], SETTLE)

    @property
    def _program(self) -> tuple[int, Any] | None:
        """The parameter that chooses programs, with its position; None if there is none."""
        found = (
            (place, knob)
            for place, knob in enumerate(self._knobs.values())
            if _PROGRAM.fullmatch(knob.name) and 1 < knob.num_steps <= _MAX_PROGRAMS
        )
        return next(found, None)

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

    def _find_knobs(self) -> dict[str, Any]:
        """Return the parameters by their names in pedalboard."""
        named = ((to_python_parameter_name(knob), knob) for knob in self._plugin._parameters)
        return {name: knob for name, knob in named if name and not _NO_KNOBS.match(knob.name)}

    def _process(self, messages: list[tuple[bytes, float]], seconds: float) -> NDArray[np.float32]:
        if self._effect:
            return self._through(np.zeros((self.channels, round(seconds * self._sr)), np.float32))
        sound = self._plugin(
            messages,
            duration=seconds,
            sample_rate=self._sr,
            num_channels=self.channels,
            buffer_size=BLOCK,
            reset=False,
        )
        return np.asarray(sound, np.float32)


def describe_knob(name: str, knob: Any) -> Parameter:
    """Describe a plain parameter of pedalboard."""
    raw, default = str(knob.name), float(knob.raw_value)
    if knob.num_steps == 2:
        aliases = (raw,) if raw != name else ()
        return Parameter(name=name, kind="boolean", default=default > 0.5, aliases=aliases)
    texts = _texts(knob)
    if len(set(texts)) == 1:  # some plugins display only the value that is set
        texts = _texts(knob, slow=True)
    return derive(name, texts, default=default, unit=str(knob.label or ""), alias=raw)


def _also_known(parameter: Parameter, attribute: str) -> Parameter:
    """Add pedalboard's own name, which often ends in the unit, to the aliases."""
    if attribute in (parameter.name, *parameter.aliases):
        return parameter
    return replace(parameter, aliases=(*parameter.aliases, attribute))


def _texts(knob: Any, *, slow: bool = False) -> list[str]:
    return read_texts(lambda probe: str(get_text_for_raw_value(knob, probe, slow)))
