"""Vital without a plugin file, through the package vita.

https://github.com/DBraun/Vita wraps Vital's engine (Tytel 2020). It plays one note per render.
Renders repeat exactly only if the phases of the oscillators are not random.
"""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import vita
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter, Scale
from patchwright.synths.performance.notes import Note, Performance
from patchwright.synths.presets import vital

_SETTLE = 0.3  # seconds; see `patchwright.synths.plugins.hosts.host.SETTLE`
_LONG = 2**0.5  # value of the envelope's delay; its fourth power is 4 s
_FRAME = 2048  # samples per wave
_SCALES: dict[str, Scale] = {
    "Linear": "linear",
    "Quadratic": "quadratic",
    "Cubic": "cubic",
    "Quartic": "quartic",
    "Exponential": "log",
    "SquareRoot": "linear",
}


class VitaHost:
    """One instance of Vital; see `patchwright.synths.plugins.hosts.host.Host`.

    Normalised values are linear in the numbers of a ``.vital`` file, except for the volume, which
    is linear in decibels.

    Args:
        plugin: Always None, because the package is the synth.
        sr: Sample rate in Hz.
        basic_shapes: Give the oscillators a wavetable from sine through triangle and saw to
            square, instead of a saw alone.
        modulations: Pairs of source and destination to connect; ``modulation_1_amount`` is the
            strength of the first pair, and so on.

    Raises:
        SynthError: If a connection is unknown.
    """

    def __init__(
        self,
        plugin: Path | None,
        *,
        sr: int,
        basic_shapes: bool = False,
        modulations: Sequence[tuple[str, str]] = (),
    ) -> None:
        if plugin is not None:
            raise SynthError(f"vita plays only Vital, not {plugin}: leave the plugin out.")
        self._synth = vita.Synth()
        self._synth.set_sample_rate(float(sr))
        self.load_state(_fixed(self.state(), basic_shapes=basic_shapes))
        for source, destination in modulations:
            if not self._synth.connect_modulation(source, destination):
                raise SynthError(
                    f"Vital cannot connect {source} to {destination}: use the names of its "
                    "modulation matrix."
                )
        controls = self._synth.get_controls()
        self._delay = controls["env_1_delay"]
        self._controls = list(controls.values())
        self._details = [self._synth.get_control_details(name) for name in controls]
        self._low = np.array([detail.min for detail in self._details], np.float64)
        self._span = np.array([detail.max for detail in self._details]) - self._low
        self._root = np.array([_kind(detail) == "SquareRoot" for detail in self._details])
        self.channels = 2
        self.suffix: str | None = ".vital"

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters."""
        loaded = self.values().tolist()
        return tuple(map(_parameter, self._details, loaded))

    def set_all(self, values: Array) -> None:
        """Set every parameter."""
        natives = self._low + self._span * np.where(self._root, values**2, values)
        for control, native in zip(self._controls, natives.tolist(), strict=True):
            control.set(native)

    def values(self) -> Array:
        """Read every parameter back."""
        natives = np.array([control.value() for control in self._controls], np.float64)
        values = np.clip((natives - self._low) / self._span, 0, 1)
        return np.where(self._root, np.sqrt(values), values)

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance."""
        if len(performance.notes) != 1:
            raise SynthError(
                f"vita plays one note at a time, not {len(performance.notes)}: use Vital's VST3 "
                "plugin, vst3:Vital, for chords and melodies."
            )
        note, sr = performance.notes[0], performance.sr
        silence = round(note.onset * sr)
        audio = np.zeros((2, performance.samples), np.float32)
        wanted = performance.samples - silence
        if wanted > 0:
            self._synth.set_bpm(performance.tempo)
            self._settle(note)
            # one extra sample, because vita rounds seconds down
            sound = self._synth.render(
                note.pitch, note.velocity / 127, note.duration, (wanted + 1) / sr
            )
            audio[:, silence:] = sound[:, :wanted]
        return audio

    def _settle(self, note: Note) -> None:
        """Play a silent note, because parameters move only while a note is played."""
        delay = self._delay.value()
        self._delay.set(_LONG)
        self._synth.render(note.pitch, note.velocity / 127, _SETTLE, _SETTLE)
        self._delay.set(delay)

    def reset(self) -> None:
        """Do nothing: vita has no reset."""

    def state(self) -> bytes:
        """Return the settings as a ``.vital`` file."""
        return vital.released(str(self._synth.to_json()).encode())

    def load_state(self, data: bytes) -> None:
        """Load a ``.vital`` file."""
        vital.decode(data)
        if not self._synth.load_json(data.decode("utf-8", "replace")):
            raise SynthError(
                "Vital rejects the preset, because it is damaged or from a newer version: choose "
                "another."
            )


def _kind(detail: Any) -> str:
    return str(detail.scale).rpartition(".")[2]


def _parameter(detail: Any, default: float) -> Parameter:
    name, about = str(detail.name), str(detail.display_name)
    if detail.is_discrete:
        level = round(detail.min + default * (detail.max - detail.min))
        options = tuple(map(str, detail.options))
        if options == ("Off", "On"):
            return Parameter(name=name, kind="boolean", default=bool(level), about=about)
        if len(options) == detail.max - detail.min + 1 and len(set(options)) == len(options) > 1:
            chosen = options[level - int(detail.min)]
            return Parameter(
                name=name, kind="categorical", choices=options, default=chosen, about=about
            )
        return Parameter(
            name=name, kind="integer", low=detail.min, high=detail.max, default=level, about=about
        )
    scale = _SCALES[_kind(detail)]
    low, high, unit = detail.min, detail.max, str(detail.display_units).strip()
    if _kind(detail) == "SquareRoot":
        low, high = 0.0, high**0.5
    elif scale == "log":
        low, high = 2.0**low, 2.0**high
        if name.endswith("_frequency"):  # displayed as a time, stored as a rate
            unit = "Hz"
    elif scale != "linear":
        power = {"quadratic": 2, "cubic": 3, "quartic": 4}[scale]
        low, high = low**power, high**power
    low, high = (float(f"{bound:.4g}") for bound in (low, high))  # 32.0003 s becomes 32 s
    factor, offset = detail.display_multiply, detail.post_offset
    plain = Parameter(
        name=name,
        kind="continuous",
        low=low * factor + offset,
        high=high * factor + offset,
        default=low * factor + offset,
        unit={"secs": "s", "semitones": "st"}.get(unit, unit),
        scale=scale,
        about=about,
    )
    return plain.with_default(default)


def _fixed(state: bytes, *, basic_shapes: bool) -> bytes:
    """Give a ``.vital`` file a fixed noise sample, because each instance makes a new one."""
    document = json.loads(state)
    settings = document["settings"]
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, settings["sample"]["length"])
    settings["sample"]["samples"] = _base64(noise.astype("<i2"))
    if basic_shapes:
        for table in settings["wavetables"]:
            _give_basic_shapes(table)
    return json.dumps(document).encode()


def _give_basic_shapes(table: dict[str, Any]) -> None:
    """Replace a wavetable by sine, triangle, saw and square."""
    at = np.arange(_FRAME) / _FRAME
    waves = (
        np.sin(2 * np.pi * at),
        2 * np.abs(2 * ((at + 0.25) % 1) - 1) - 1,
        1 - 2 * ((at + 0.5) % 1),
        np.where(at < 0.5, 1.0, -1.0),
    )
    table["name"] = "Basic Shapes"
    component = table["groups"][0]["components"][0]
    first = component["keyframes"][0]
    component["keyframes"] = [
        first
        | {
            "position": round(place * 255 / (len(waves) - 1)),
            "wave_data": _base64(wave.astype("<f4")),
        }
        for place, wave in enumerate(waves)
    ]


def _base64(samples: NDArray[Any]) -> str:
    return base64.b64encode(samples.tobytes()).decode()
