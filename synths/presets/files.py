"""Preset files of every format: read for a synth, written for a synth, always by name."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array
from patchwright.synths.presets import amsynth, dx7
from patchwright.synths.presets.preset import Preset
from patchwright.synths.rendering import Synth

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
    bank = _bank(data, suffix)
    if bank is not None:
        values = synth.space.values([settings for _, settings in bank])
        return [Preset(name, synth.name, row) for (name, _), row in zip(bank, values, strict=True)]
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
    return presets[_position(path, [preset.name for preset in presets], name)]


def check_preset(path: Path, name: str | None) -> None:
    """Refuse a name that a bank does not have; other formats are left to their synths.

    Args:
        path: See `read_presets`.
        name: See `read_preset`.

    Raises:
        SynthError: If the file cannot be read, or the bank has no such preset.
    """
    bank = _bank(_read(path), path.suffix.casefold())
    if bank is not None:
        _position(path, [found for found, _ in bank], name)


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


def _bank(data: bytes, suffix: str) -> list[tuple[str, dict[str, Any]]] | None:
    """Names and settings of the presets in a bank; None if it is of another format."""
    if data.startswith(b"amSynth"):
        return [
            (name, {key: {"normalised": v} for key, v in amsynth.normalise(natives).items()})
            for name, natives in amsynth.decode(data)
        ]
    return dx7.decode(data) if suffix == ".syx" else None


def _position(path: Path, names: list[str], name: str | None) -> int:
    """Where a preset is among those of a file."""
    if not names:
        raise SynthError(f"{path} has no preset in it: choose another.")
    if name is None and len(names) == 1:
        return 0
    if name in names:
        return names.index(name)
    if name is not None and name.isdecimal() and 0 < int(name) <= len(names):
        return int(name) - 1
    wrong = "" if name is None else f", and {name!r} is none of them"
    raise SynthError(
        f"{path} has {len(names)} presets{wrong}: name one of "
        + ", ".join(f"{number}: {found}" for number, found in enumerate(names[:12], 1))
        + (" and so on." if len(names) > 12 else ".")
    )


def _known(synth: Synth) -> str:
    return f"a {synth.suffix}" if synth.suffix else "the only format"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise SynthError(f"{path} is larger than {_LARGEST >> 20} MB: it is no preset.")
        return path.read_bytes()
    except OSError as error:
        raise SynthError(f"The preset {path} cannot be read: {error.strerror}.") from error
