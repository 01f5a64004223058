"""Presets of Vital: JSON files that end in .vital.

`settings` holds a number for each control, in Vital's own units, and data that are not controls:
`modulations`, `lfos`, `wavetables`, `sample`. The format is that of Vital's `LoadSave`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patchwright.synths.errors import SynthError
from patchwright.synths.presets import strict_json

MAX_BYTES = 32 * 2**20  # of a file: presets with samples have some megabytes
# The engine of vita is that of Vital 1.0, but calls itself 99999.9.9, which Vital refuses as newer.
# As 1.0.7 its files are opened by every Vital since; 1.5 renumbers some choices of older files.
VERSION = "1.0.7"
_OWN = "99999.9.9"
# the initial preset: a triangle in each LFO, one saw in each wavetable, white noise
_TRIANGLE = {"points": [0.0, 1.0, 0.5, 0.0, 1.0, 1.0], "powers": [0.0, 0.0, 0.0], "smooth": False}
_SAW = "7b10146e775a8e8fe2798350eaa821927fd919822f976154032172b3dd1a49da"
_NOISE = ("White Noise", 44100)  # random in each instance, so only the name can be compared


@dataclass(frozen=True, kw_only=True)
class VitalPreset:
    """A preset of Vital.

    Attributes:
        name: Name to show; may be empty.
        settings: Values of the controls by name, in Vital's own units.
        extras: Descriptions of data other than controls that differ from the initial preset.
        document: The whole file, parsed.
    """

    name: str
    settings: dict[str, float]
    extras: tuple[str, ...]
    document: dict[str, Any]


def decode(data: bytes) -> VitalPreset:
    """Read a .vital file.

    Args:
        data: Bytes of the file.

    Returns:
        The preset.

    Raises:
        SynthError: If the file is not JSON, not a preset of Vital, or has a value of a wrong type.
    """
    document = strict_json.parse(data, max_bytes=MAX_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("settings"), dict):
        raise SynthError("This is not a preset of Vital (it has no settings): choose another.")
    name = document.get("preset_name", "")
    if not isinstance(name, str):
        raise SynthError("The name of the Vital preset is not text: export it again.")
    settings = {}
    for control, value in document["settings"].items():
        if isinstance(value, bool | str) or value is None:
            raise SynthError(f"The Vital preset has {value!r} for {control!r}: write a number.")
        if not isinstance(value, dict | list):
            settings[control] = float(value)
    return VitalPreset(
        name=name, settings=settings, extras=tuple(_extras(document)), document=document
    )


def encode(document: Mapping[str, Any], *, name: str, settings: Mapping[str, float]) -> bytes:
    """Write a .vital file: a document with another name and other values of some controls.

    Args:
        document: Whole preset, as `VitalPreset.document`; not changed.
        name: Name to show.
        settings: New values of controls by name; all others keep those of the document.

    Returns:
        UTF-8 JSON, with the keys in the document's order.

    Raises:
        SynthError: If a value is not a finite number, or a name is not that of a control.
    """
    merged = dict(document.get("settings", {}))
    for control, value in settings.items():
        if isinstance(merged.get(control, 0), dict | list):
            raise SynthError(f"{control!r} is not a control of Vital: leave it out.")
        if not math.isfinite(value):
            raise SynthError(f"{control} cannot be {value}: give a finite number.")
        if control not in merged or merged[control] != value:
            merged[control] = float(value)
    title = name.encode(errors="replace").decode()
    whole = {**document, "preset_name": title, "settings": merged}
    return json.dumps(whole, allow_nan=False, separators=(",", ":")).encode()


def named(data: bytes, name: str) -> bytes:
    """Give the .vital file of a plugin a name; see `encode`."""
    return encode(decode(data).document, name=name, settings={})


def commented(data: bytes, comments: str) -> bytes:
    """Write comments into a .vital file."""
    document = {**decode(data).document, "comments": comments}
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()


def released(data: bytes) -> bytes:
    """Write the version of a released Vital into a file of vita, where vita states its own.

    Args:
        data: File from vita.

    Returns:
        The same preset; Vital 1.0.7 and later open it.
    """
    document = json.loads(data)
    for place in (document, *document["settings"].get("wavetables", ())):
        for key in ("synth_version", "version"):
            if place.get(key) == _OWN:
                place[key] = VERSION
    return json.dumps(document, separators=(",", ":")).encode()


def _extras(document: dict[str, Any]) -> list[str]:
    settings = document["settings"]
    found = [f"tuning {_title(document, 'tuning')}"] if document.get("tuning") else []
    for item in _list(settings, "modulations"):
        source, destination = item.get("source"), item.get("destination")
        if source or destination:
            found.append(f"modulation {source} to {destination}")
    for number, item in enumerate(_list(settings, "wavetables"), 1):
        if not _is_saw(item):
            found.append(f"wavetable {number} {item.get('name', '')!r}")
    for number, item in enumerate(_list(settings, "lfos"), 1):
        if any(item.get(key, shape) != shape for key, shape in _TRIANGLE.items()):
            found.append(f"LFO {number} {item.get('name', '')!r}")
    sample = settings.get("sample", {})
    if not isinstance(sample, dict):
        raise SynthError("The sample of the Vital preset has the wrong type: export it again.")
    if sample and (sample.get("name"), sample.get("length")) != _NOISE:
        found.append(f"sample {sample.get('name', '')!r}")
    known = {"modulations", "wavetables", "lfos", "sample"}
    found += [
        key
        for key, value in settings.items()
        if isinstance(value, dict | list) and value and key not in known
    ]
    return found


def _list(settings: dict[str, Any], key: str) -> list[dict[str, Any]]:
    items = settings.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SynthError(f"The {key} of the Vital preset have the wrong type: export it again.")
    return items


def _title(document: dict[str, Any], key: str) -> str:
    value = document[key]
    return repr(value.get("name", "")) if isinstance(value, dict) else "of its own"


def _is_saw(table: dict[str, Any]) -> bool:
    """Return whether a wavetable is the initial preset's: one component with one keyframe."""
    try:
        (group,) = table["groups"]
        (component,) = group["components"]
        (keyframe,) = component["keyframes"]
        wave, kind = keyframe["wave_data"], component["type"]
        return kind == "Wave Source" and hashlib.sha256(wave.encode()).hexdigest() == _SAW
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
