"""Where synths and DAWs list presets: folders and files, as each of them expects.

VST3: Steinberg's "Preset Locations" (VST 3 developer portal). LV2: the user's folder of bundles
(https://lv2plug.in/pages/filesystem-hierarchy-standard.html). amsynth, Dexed and Vital: their
sources (`PresetController.cpp`, `PluginData.cpp`, `load_save.cpp`).
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import platformdirs

from patchwright.synths.errors import SynthError
from patchwright.synths.plugins.pool import RenderPool
from patchwright.synths.presets import amsynth, dx7, lv2, vital, vstpreset
from patchwright.synths.presets.files import encode_native
from patchwright.synths.presets.preset import Preset
from patchwright.synths.rendering import Synth
from patchwright.synths.whole_file import legible_name, safe_name


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A preset as one synth, or all DAWs, will list it.

    Attributes:
        by: Who lists it.
        files: Contents of the files to write, by path; none of them exists.
        tagged: Whether the tags are in it.
    """

    by: str
    files: Mapping[Path, bytes]
    tagged: bool


def places(preset: Preset, synth: Synth, *, tags: Sequence[str] = ()) -> list[Listed]:
    """Find the places where a preset would be listed on this system.

    A name that is taken gets a number: ``Brass 2``.

    Args:
        preset: Preset, with the name to show.
        synth: Its synth; a plugin is loaded.
        tags: Words to find it by, where the format has a field for them.

    Returns:
        The places, at least one.

    Raises:
        SynthError: If no program lists presets of this synth in folders.

    Examples:
        >>> from patchwright.synths.builtin import FM
        >>> with FM() as synth:
        ...     (found,) = places(Preset("BRASS", "fm", synth.space.defaults), synth)
        >>> found.by, [path.name for path in found.files]
        ('Dexed', ['BRASS.syx'])
    """
    found = [place(preset, synth, tags) for place in _PLACES]
    listed = [each for each in found if each is not None]
    if not listed:
        file = f"best{synth.suffix or '.json'}"
        raise SynthError(
            f"No program lists presets of {synth.name} in a folder on this system: load the run's "
            f"{file} by hand."
        )
    return listed


def _vst3(preset: Preset, synth: Synth, tags: Sequence[str]) -> Listed | None:
    if not isinstance(synth, RenderPool) or synth.suffix != ".vstpreset":
        return None
    vendor, title = synth.described.vendor, synth.described.title
    root = _on_this_system(
        windows=platformdirs.user_documents_path() / "VST3 Presets",
        macos=Path.home() / "Library/Audio/Presets",
        others=Path.home() / ".vst3/presets",
    )
    folder = root / legible_name(vendor) / legible_name(title)
    path, _ = _free(folder, preset.name, ".vstpreset")
    state = vstpreset.decode(encode_native(preset, synth))
    facts = {"MediaType": "VstPreset", "PlugInName": title, "PlugInVendor": vendor}
    if tags:
        facts["MusicalCharacter"] = "|".join(tags)
    attributes = "".join(
        f"\t<Attribute id={quoteattr(key)} value={quoteattr(value)} type="
        f'"string" flags="{"" if key.startswith("Musical") else "writeProtected"}"/>\n'
        for key, value in facts.items()
    )
    info = f'<?xml version="1.0" encoding="utf-8"?>\n<MetaInfo>\n{attributes}</MetaInfo>\n'
    data = vstpreset.encode(replace(state, info=info.encode()))
    return Listed(by="hosts of VST3", files={path: data}, tagged=True)


def _lv2(preset: Preset, synth: Synth, tags: Sequence[str]) -> Listed | None:
    if not isinstance(synth, RenderPool) or synth.suffix != ".ttl":
        return None
    root = _on_this_system(
        windows=_data_folder() / "LV2",
        macos=Path.home() / "Library/Audio/Plug-Ins/LV2",
        others=Path.home() / ".lv2",
    )
    plugin = synth.name.partition(":")[2]

    def bundle_name(name: str) -> str:
        return safe_name(f"{plugin}_{name}")

    bundle, label = _free(root, preset.name, ".preset.lv2", bundle_name)
    data = lv2.named(encode_native(preset, synth), label, comment=", ".join(tags))
    file = f"{safe_name(label)}.ttl"
    about = lv2.manifest(lv2.decode(data), file)
    files = {bundle / file: data, bundle / "manifest.ttl": about}
    return Listed(by="hosts of LV2", files=files, tagged=True)


def _vital(preset: Preset, synth: Synth, tags: Sequence[str]) -> Listed | None:
    if not isinstance(synth, RenderPool) or synth.suffix != ".vital":
        return None
    root = _on_this_system(
        windows=platformdirs.user_documents_path() / "Vital",
        macos=Path.home() / "Music/Vital",
        others=_data_folder() / "vital",
    )
    path, name = _free(root / "User" / "Presets", preset.name, ".vital")
    data = vital.commented(encode_native(replace(preset, name=name), synth), ", ".join(tags))
    return Listed(by="Vital", files={path: data}, tagged=True)


def _dexed(preset: Preset, synth: Synth, tags: Sequence[str]) -> Listed | None:
    if not all(map(synth.space.knows, dx7.NAMES)):
        return None
    folder = _data_folder() / "DigitalSuburban" / "Dexed" / "Cartridges"
    path, _ = _free(folder, preset.name, ".syx")
    cartridge = dx7.encode_cartridge(preset, synth.space)
    return Listed(by="Dexed", files={path: cartridge}, tagged=False)


def _amsynth(preset: Preset, synth: Synth, tags: Sequence[str]) -> Listed | None:
    lists_banks = {"win32": False}.get(sys.platform, True)
    if not lists_banks or not all(map(synth.space.knows, amsynth.RANGES)):
        return None
    data_folder = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = Path(data_folder) / "amsynth" / "banks"
    path, _ = _free(folder, preset.name, ".bank")
    data = amsynth.encode_preset(preset, synth.space)
    return Listed(by="amsynth", files={path: data}, tagged=False)


# Surge XT lists patches in a format of its own, which nothing here writes
_PLACES: tuple[Callable[[Preset, Synth, Sequence[str]], Listed | None], ...] = (
    _vst3,
    _lv2,
    _vital,
    _dexed,
    _amsynth,
)


def _on_this_system(*, windows: Path, macos: Path, others: Path) -> Path:
    return {"win32": windows, "darwin": macos}.get(sys.platform, others)


def _data_folder() -> Path:
    """Return the user's folder of programs' data, which `XDG_DATA_HOME` moves on Linux."""
    return platformdirs.user_data_path(appauthor=False, roaming=True)


def _free(
    folder: Path, name: str, suffix: str, file_name: Callable[[str], str] = legible_name
) -> tuple[Path, str]:
    """Return a path that does not exist yet, and the name as it is then shown."""
    number, shown = 1, name
    while os.path.lexists(path := folder / f"{file_name(shown)}{suffix}"):
        number += 1
        shown = f"{name[:50]} {number}"
    return path, shown
