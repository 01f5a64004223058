"""Preset files of every format: read for a synth, written for a synth, always by name."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from synths.errors import SynthError
from synths.parameters import Array
from synths.presets import amsynth, dx7
from synths.presets.preset import Preset
from synths.rendering import Synth

_LARGEST = 64 * 2**20  # bytes; a .vital file with samples has some megabytes
_STATES = (".fxp", ".fxb", ".vstpreset", ".vital")  # read and written by the plugin itself


@runtime_checkable
class _Plugin(Protocol):
    def save_state(self, values: Array) -> bytes: ...

    def load_state(self, data: bytes) -> Array: ...


def read_presets(path: Path, synth: Synth) -> list[Preset]:
    """Read all presets of a file.

    Args:
        path: ``.json``, ``.syx``, a bank of amsynth, or one of the plugin's own formats.
        synth: That is to play them.

    Returns:
        The presets, in the file's order.

    Raises:
        SynthError: If the file cannot be read, is damaged, or is for another synth.
    """
    data = _read(path)
    suffix = path.suffix.casefold()
    if suffix == ".json":
        return [Preset.read(path, synth.name, synth.space)]
    if data.startswith(b"amSynth"):
        named = [(name, amsynth.normalise(natives)) for name, natives in amsynth.decode(data)]
        rows = [{key: {"normalised": v} for key, v in row.items()} for _, row in named]
        return _presets([name for name, _ in named], synth, synth.space.values(rows))
    if suffix == ".syx":
        voices = dx7.decode(data)
        values = synth.space.values([settings for _, settings in voices])
        return _presets([name for name, _ in voices], synth, values)
    if suffix not in _STATES:
        raise SynthError(f"{path} is of no format that is known: name a .json, {_known(synth)}.")
    if not isinstance(synth, _Plugin):
        raise SynthError(f"{path} is a plugin's preset, and {synth.name} is none: name the plugin.")
    return [Preset(path.stem, synth.name, synth.load_state(data))]


def read_preset(path: Path, synth: Synth, *, name: str | None = None) -> Preset:
    """Read one preset of a file.

    Args:
        path: See `read_presets`.
        synth: That is to play it.
        name: Of the preset in a bank, or its number from 1; may be None if there is one only.

    Returns:
        The preset.

    Raises:
        SynthError: Also if the bank has no such preset, or several and none is named.
    """
    presets = read_presets(path, synth)
    if not presets:
        raise SynthError(f"{path} has no preset in it: choose another.")
    if name is None and len(presets) == 1:
        return presets[0]
    found = [preset for preset in presets if preset.name == name]
    if not found and name is not None and name.isdecimal() and 0 < int(name) <= len(presets):
        found = [presets[int(name) - 1]]
    if not found:
        wrong = "" if name is None else f", and {name!r} is none of them"
        raise SynthError(
            f"{path} has {len(presets)} presets{wrong}: name one of "
            + ", ".join(f"{number}: {p.name}" for number, p in enumerate(presets[:12], 1))
            + (" and so on." if len(presets) > 12 else ".")
        )
    return found[0]


def write_preset(path: Path, preset: Preset, synth: Synth) -> None:
    """Write a preset in the format of the path's suffix.

    Args:
        path: ``.json``, or with the suffix of the synth's own format.
        preset: What to write.
        synth: That it is for.

    Raises:
        SynthError: If the synth has no such format.
    """
    suffix = path.suffix.casefold()
    if suffix == ".json":
        preset.write(path, synth.space)
    elif suffix == ".bank" and set(synth.space.names) == set(amsynth.RANGES):
        values = dict(zip(synth.space.names, preset.values.tolist(), strict=True))
        natives = {
            name: span.low + (span.high - span.low) * values[name]
            for name, span in amsynth.RANGES.items()
        }
        path.write_bytes(amsynth.encode([(preset.name, natives)]))
    elif suffix != synth.suffix:
        raise SynthError(
            f"{synth.name} has no preset files {suffix!r}: name a .json, {_known(synth)}."
        )
    elif isinstance(synth, _Plugin):
        path.write_bytes(synth.save_state(preset.values))
    else:
        settings = synth.space.readable(preset.values[np.newaxis])[0]
        path.write_bytes(dx7.encode([(dx7.shown(preset.name), settings)]))


def _presets(names: list[str], synth: Synth, values: Array) -> list[Preset]:
    return [Preset(name, synth.name, row) for name, row in zip(names, values, strict=True)]


def _known(synth: Synth) -> str:
    return f"a {synth.suffix}" if synth.suffix else "the only format"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise SynthError(f"{path} is larger than {_LARGEST >> 20} MB: it is no preset.")
        return path.read_bytes()
    except OSError as error:
        raise SynthError(f"The preset {path} cannot be read: {error.strerror}.") from error
