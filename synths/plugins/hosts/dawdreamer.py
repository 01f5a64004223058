"""VST2 and VST3 plugins through DawDreamer.

https://dirt.design/DawDreamer (Braun 2021, "DawDreamer: Bridging the Gap Between Digital Audio
Workstations and Python Interfaces"). It loads plugins and sets parameters quickly. Its own reset
between renders leaves tails and random states behind.
"""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import dawdreamer
import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins.hosts.derive import PROBES, derive, distinct, slug
from patchwright.synths.plugins.hosts.host import (
    BLOCK,
    NO_EFFECT,
    SETTLE,
    Program,
    check_taken,
    heard,
)
from patchwright.synths.plugins.hosts.vst2 import VST2Effect
from patchwright.synths.presets import amsynth, fxp, vstpreset

# what checks, and where it can mends, states of plugins that ignore what they cannot read, by id
_CHECKS = {"amsy": amsynth.check_state}


class DawDreamerHost:
    """One VST2 or VST3 plugin; see `patchwright.synths.plugins.hosts.host.Host`.

    Args:
        plugin: Plugin file: ``.so``, ``.dll``, ``.vst`` or ``.vst3``.
        sr: Sample rate in Hz.
        effect: Whether an effect is wanted.

    Raises:
        SynthError: If the plugin does not load, or an effect is wanted and it takes no sound.
    """

    def __init__(self, plugin: Path | None, *, sr: int, effect: bool = False) -> None:
        if plugin is None:
            raise SynthError("dawdreamer needs a plugin: give its file.")
        self._engine = dawdreamer.RenderEngine(sr, BLOCK)
        try:
            self._plugin = self._engine.make_plugin_processor("plugin", str(plugin))
        except RuntimeError as error:
            raise SynthError(f"{plugin} does not load: {' '.join(str(error).split())}") from error
        self.channels = int(self._plugin.get_num_output_channels())
        self.inputs = int(self._plugin.get_num_input_channels())
        self._dry = None
        if effect:
            if not self.inputs:
                raise SynthError(NO_EFFECT.format(plugin))
            silence = np.zeros((self.inputs, BLOCK), np.float32)
            self._dry = self._engine.make_playback_processor("dry", silence)
        graph: list[tuple[object, list[str]]] = [(self._plugin, [])]
        if self._dry is not None:
            graph = [(self._dry, []), (self._plugin, ["dry"])]
        self._engine.load_graph(graph)
        self._file = plugin
        self._is_vst2 = plugin.suffix.casefold() != ".vst3"
        self.suffix: str | None = ".fxp" if self._is_vst2 else None
        self._count = int(self._plugin.get_plugin_parameter_size())
        self._loaded = b""

    def set_all(self, values: Array) -> None:
        """Set every parameter."""
        for position, value in enumerate(values.tolist()):
            self._plugin.set_parameter(position, value)

    def values(self) -> Array:
        """Read every parameter back."""
        return np.array([self._plugin.get_parameter(i) for i in range(self._count)], np.float64)

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance."""
        self._plugin.clear_midi()
        self._engine.set_bpm(performance.tempo)
        if self._dry is not None:
            self._dry.set_data(np.zeros((self.inputs, BLOCK), np.float32))
        self._engine.render(SETTLE)
        late = 0
        if self._dry is not None:
            late = int(self._plugin.get_latency_samples())
            self._dry.set_data(heard(performance, self.inputs, performance.samples))
        for note in performance.notes:
            self._plugin.add_midi_note(note.pitch, note.velocity, note.onset, note.duration)
        # one extra block, because the engine rounds seconds down to whole samples
        self._engine.render(performance.length + (late + BLOCK) / performance.sr)
        sound = np.asarray(self._engine.get_audio(), np.float32)
        return sound[:, late : late + performance.samples]

    def reset(self) -> None:
        """Do nothing: the engine resets the plugin at every render."""

    def state(self) -> bytes:
        """Return the settings as an ``.fxp`` file."""
        if not self._is_vst2:
            raise SynthError("DawDreamer cannot save a .vstpreset: use the host pedalboard.")
        bank = self._bank()
        if isinstance(bank, fxp.Program):
            return fxp.encode(bank)
        if bank.chunk is None:
            return fxp.encode(bank.programs[0])
        program = fxp.Program(
            plugin_id=bank.plugin_id,
            version=bank.version,
            chunk=_terminated(bank.chunk),
            count=self._count,
        )
        return fxp.encode(program)

    def programs(self) -> list[Program]:
        """Read the programs of a VST2 plugin from a second instance of it."""
        if not self._is_vst2:
            return []
        with VST2Effect(self._file) as effect:
            numbers = range(effect.programs if effect.programs > 1 else 0)
            found = [Program(effect.choose(number), effect.values()) for number in numbers]
        if found and len(found[0].values) != self._count:
            raise SynthError(
                f"{self._file} has {len(found[0].values)} parameters in its programs and "
                f"{self._count} in DawDreamer: name presets as files instead."
            )
        return found

    def load_program(self, number: int) -> None:
        """Load the state that a second instance of a VST2 plugin has in a program."""
        with VST2Effect(self._file) as effect:
            effect.choose(number)
            chunk, values = effect.chunk(), effect.values()
        own = self._bank()
        parameters = tuple(values.tolist()) if chunk is None else None
        program = fxp.Program(
            plugin_id=own.plugin_id,
            version=own.version,
            parameters=parameters,
            chunk=None if chunk is None else _terminated(chunk),
            count=self._count,
        )
        self._load(fxp.encode(program))

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters."""
        described = self._plugin.get_parameters_description()
        loaded = self.values()
        texts: list[list[str]] = [[] for _ in described]
        for probe in PROBES:
            self.set_all(np.full(self._count, probe))
            for seen, now in zip(texts, self._plugin.get_parameters_description(), strict=True):
                seen.append(str(now["currentValText"]))
        names = distinct(slug(entry["name"]) for entry in described)
        return tuple(
            _parameter(name, entry, seen, default)
            for name, entry, seen, default in zip(
                names, described, texts, loaded.tolist(), strict=True
            )
        )

    def load_state(self, data: bytes) -> None:
        """Load an ``.fxp``, ``.fxb`` or ``.vstpreset`` file."""
        if not self._is_vst2:
            vstpreset.decode(data)
            self._load(data)
            return
        preset, before = fxp.decode(data), self._bank()
        if preset.plugin_id != before.plugin_id:
            raise SynthError(
                f"The preset belongs to the plugin {preset.plugin_id!r}, not to "
                f"{before.plugin_id!r}: choose another preset."
            )
        for program in preset.programs if isinstance(preset, fxp.Bank) else (preset,):
            _check_parameters(program, self._count)
        if preset.chunk is None:
            self._load(data)
            return
        chunk = _terminated(_CHECKS.get(preset.plugin_id, bytes)(preset.chunk))
        self._load(fxp.encode(replace(preset, chunk=chunk)))
        if data != self._loaded and preset.plugin_id not in _CHECKS:
            check_taken(chunk, before.chunk, self._bank().chunk)
        self._loaded = data

    def _load(self, data: bytes) -> None:
        with _temporary_folder() as folder:
            path = Path(folder) / ("preset.fxp" if self._is_vst2 else "preset.vstpreset")
            path.write_bytes(data)
            load = self._plugin.load_preset if self._is_vst2 else self._plugin.load_vst3_preset
            try:
                loaded = load(str(path))
            except RuntimeError:
                loaded = False
        if loaded is False:
            raise SynthError("The plugin rejects the preset: choose one that was made for it.")

    def _bank(self) -> fxp.Program | fxp.Bank:
        with _temporary_folder() as folder:
            path = Path(folder) / "state"
            self._plugin.save_state(str(path))
            return fxp.decode(path.read_bytes())


def _temporary_folder() -> contextlib.AbstractContextManager[str]:
    import tempfile  # here, because its modules would make every fork slower

    return tempfile.TemporaryDirectory()


def _check_parameters(program: fxp.Program, count: int) -> None:
    """Check the parameters of a program, because plugins ignore or clip the others."""
    values = program.parameters or ()
    if len(values) > count:
        raise SynthError(
            f"The preset has {len(values)} parameters and the plugin {count}: choose one that was "
            "made for it."
        )
    for number, value in enumerate(values, 1):
        if not 0 <= value <= 1:
            raise SynthError(
                f"Parameter {number} of the preset is {value:g}, outside 0 to 1: export it again."
            )


def _terminated(chunk: bytes) -> bytes:
    """Append a 0 byte to a chunk without one: amsynth reads on until it finds one."""
    return chunk if b"\0" in chunk else chunk + b"\0"


class _Description(TypedDict):
    """DawDreamer's description of a parameter, as far as it is used here."""

    name: str
    label: str
    isBoolean: bool
    isDiscrete: bool
    valueStrings: list[str]


def _parameter(name: str, entry: _Description, texts: list[str], default: float) -> Parameter:
    raw = str(entry["name"])
    aliases = (raw,) if raw != name else ()
    choices = tuple(entry["valueStrings"])
    if entry["isBoolean"]:
        return Parameter(name=name, kind="boolean", default=default > 0.5, aliases=aliases)
    if entry["isDiscrete"] and len(choices) > 1 and len(set(choices)) == len(choices):
        chosen = choices[round(default * (len(choices) - 1))]
        return Parameter(
            name=name, kind="categorical", choices=choices, default=chosen, aliases=aliases
        )
    return derive(name, texts, default=default, unit=str(entry["label"]), alias=raw)
