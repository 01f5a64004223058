"""Preset files of every format: read and written for a synth, by parameter name.

JSON files serve every synth. `FORMATS` are the formats read and written here; the others are states
of a plugin, which the plugin itself reads and writes. `PROJECTS` are projects of other programs,
which hold such states; they are read only.
"""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from patchwright.synths.errors import SynthError
from patchwright.synths.notice import warn
from patchwright.synths.outside_file import read_outside
from patchwright.synths.parameters import Array, ParameterSpace
from patchwright.synths.presets import (
    amsynth,
    ardour,
    carla,
    dx7,
    fxp,
    lv2,
    reaper,
    vital,
    vstpreset,
)
from patchwright.synths.presets.plugin_state import SUFFIXES, PluginState
from patchwright.synths.presets.preset import Preset
from patchwright.synths.rendering import Synth
from patchwright.synths.whole_file import whole_file

MAX_BYTES = 64 * 2**20  # of a file: a .vital file with samples has some megabytes


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of preset files.

    Attributes:
        suffix: Suffix of its files, in lower case with the dot.
        names: Names of all parameters in a file; a synth that knows them all, by their names or
            aliases, can write it.
        decode: Reader, from the bytes of a file to the name and the settings of each preset;
            settings are values by parameter name, as `Parameter.normalise` accepts them.
        encode: Writer, from a preset and its synth's space to the bytes of a file.
        doubts: Reader of what `decode` leaves out or takes on trust: sentences without the file's
            name; None if there is never any.
        magic: First bytes by which a file is recognised whatever its suffix; None if there are
            none.
    """

    suffix: str
    names: frozenset[str]
    decode: Callable[[bytes], Sequence[tuple[str, Mapping[str, Any]]]]
    encode: Callable[[Preset, ParameterSpace], bytes]
    doubts: Callable[[bytes], Sequence[str]] | None = None
    magic: bytes | None = None


FORMATS = [
    Format(
        suffix=".bank",
        names=frozenset(amsynth.RANGES),
        decode=amsynth.decode_settings,
        encode=amsynth.encode_preset,
        magic=amsynth.MAGIC,
    ),
    Format(
        suffix=".syx",
        names=frozenset(dx7.NAMES),
        decode=dx7.decode,
        encode=dx7.encode_preset,
        doubts=dx7.doubts,
    ),
]
# readers of the states of all plugins in a project, by its suffix in lower case
PROJECTS: dict[str, Callable[[bytes], Sequence[PluginState]]] = {
    ".ardour": ardour.decode,
    ".carxp": carla.decode,
    ".carxs": carla.decode,
    ".rfxchain": reaper.decode,
    ".rpp": reaper.decode,
    ".rtracktemplate": reaper.decode,
}
_TOLD = 12  # names in a message
# what gives a plugin's own file a name, which the plugin does not know
_NAMED = {".fxp": fxp.named, ".ttl": lv2.named, ".vital": vital.named}


@runtime_checkable
class _Plugin(Protocol):
    preset_suffixes: Collection[str]

    def save_state(self, values: Array) -> bytes: ...

    def load_state(self, data: bytes) -> Array: ...


def read_presets(path: Path, synth: Synth) -> list[Preset]:
    """Read all presets in a file.

    Args:
        path: File in a format that the synth has: ``.json``, one of `FORMATS`, or a plugin's own;
            or one of `PROJECTS`, of which the states of other plugins are left out.
        synth: Synth that the presets are for.

    Returns:
        The presets, in the file's order.

    Raises:
        SynthError: If the file cannot be read, is damaged or is for another synth.
    """
    data = _read(path)
    suffix = path.suffix.casefold()
    if suffix == ".json":
        return [Preset.read(path, synth.name, synth.space)]
    if (found := _format(data, suffix)) is not None:
        presets = _decode(path, data, found)
        values = synth.space.values([settings for _, settings in presets])
        return [
            Preset(name, synth.name, row) for (name, _), row in zip(presets, values, strict=True)
        ]
    if suffix in PROJECTS:
        return [_loaded(path, state, synth) for state in plugin_states(path, synth)]
    if not isinstance(synth, _Plugin) or suffix not in synth.preset_suffixes:
        raise SynthError(
            f"{synth.name} reads no preset files {suffix!r}: for {path} name the plugin that wrote "
            f"it as the synth, or name a .json, {_own(synth)}."
        )
    try:
        return [Preset(path.stem, synth.name, synth.load_state(data))]
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error


def read_preset(path: Path, synth: Synth, *, name: str | None = None) -> Preset:
    """Read one preset of a file.

    Args:
        path: Preset file; see `read_presets`.
        synth: Synth that the preset is for.
        name: Name of the preset, or its number from 1; not needed if the file has only one.

    Returns:
        The preset.

    Raises:
        SynthError: If the file cannot be read, is damaged or is for another synth, if it has no
            such preset, or if it has several and `name` is None.

    Examples:
        >>> import tempfile
        >>> from patchwright.synths.builtin import FM
        >>> with tempfile.TemporaryDirectory() as folder, FM() as synth:
        ...     path = Path(folder) / "brass.syx"
        ...     preset = Preset("BRASS", "fm", synth.space.values([{"algorithm": "22"}])[0])
        ...     write_preset(path, preset, synth)
        ...     read_preset(path, synth).name
        'BRASS'
    """
    if path.suffix.casefold() in PROJECTS:
        return _loaded(path, plugin_state(path, synth, name=name), synth)
    presets = read_presets(path, synth)
    return presets[choose(str(path), [preset.name for preset in presets], name)]


def plugin_states(path: Path, synth: Synth) -> list[PluginState]:
    """Read the states of a synth in a project, of which the plugin has loaded none.

    Args:
        path: Project; see `PROJECTS`.
        synth: Plugin that the states are for.

    Returns:
        The states, in the project's order, one or more.

    Raises:
        SynthError: If the file cannot be read or is damaged, if the synth is no plugin, or if the
            project has no state of it.
    """
    if not isinstance(synth, _Plugin):
        raise SynthError(
            f"{path} holds states of plugins: name the plugin instead of {synth.name}."
        )
    try:
        states = PROJECTS[path.suffix.casefold()](_read(path))
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error
    plugin = _own_id(synth)
    found = [
        state
        for state in states
        if state.data
        and SUFFIXES[state.kind] in synth.preset_suffixes
        and plugin in ("", state.plugin)
    ]
    if not found:
        others = ", ".join(f"{state.name} ({state.kind})" for state in states[:_TOLD])
        more = " and others" if len(states) > _TOLD else ""
        raise SynthError(
            f"{path} has no state of {synth.name} that can be read: "
            + (f"it has {others}{more}; name one of those as the synth, " if states else "")
            + "or name another project."
        )
    return found


def plugin_state(path: Path, synth: Synth, *, name: str | None = None) -> PluginState:
    """Read one state of a synth in a project; see `plugin_states` and `choose`."""
    states = plugin_states(path, synth)
    return states[choose(str(path), [state.name for state in states], name)]


def check_preset(path: Path, name: str | None) -> None:
    """Check that a bank has a preset, without its synth; files that only a synth reads pass.

    Args:
        path: Preset file; see `read_presets`.
        name: Name or number of the preset; see `read_preset`.

    Raises:
        SynthError: If the file cannot be read, or the bank has no such preset.
    """
    data = _read(path)
    if (found := _format(data, path.suffix.casefold())) is not None:
        choose(str(path), [each for each, _ in _decode(path, data, found)], name)


def write_preset(path: Path, preset: Preset, synth: Synth) -> None:
    """Write a preset in the format of the path's suffix.

    Args:
        path: File to write or replace, ``.json`` or with a suffix of the synth's own formats.
        preset: Preset to write.
        synth: Synth that the preset is for.

    Raises:
        SynthError: If the synth has no such format.

    Examples:
        >>> import tempfile
        >>> from patchwright.synths.builtin import Subtractive
        >>> with tempfile.TemporaryDirectory() as folder, Subtractive() as synth:
        ...     path = Path(folder) / "bass.json"
        ...     write_preset(path, Preset("bass", synth.name, synth.space.defaults), synth)
        ...     path.read_text().splitlines()[1:3]
        ['  "name": "bass",', '  "synth": "subtractive",']
    """
    suffix = path.suffix.casefold()
    fitting = (
        each
        for each in FORMATS
        if each.suffix == suffix and all(map(synth.space.knows, each.names))
    )
    found = next(fitting, None)
    if suffix == ".json":
        preset.write(path, synth.space)
    elif found is not None:
        _write(path, found.encode(preset, synth.space))
    elif suffix == synth.suffix and isinstance(synth, _Plugin):
        _write(path, encode_native(preset, synth))
    else:
        raise SynthError(
            f"{synth.name} has no preset files {suffix!r}: name a .json, {_own(synth)}."
        )


def encode_native(preset: Preset, synth: Synth) -> bytes:
    """Return the content of a file in the plugin's own format, with the preset's name in it.

    Raises:
        SynthError: If the synth is no plugin with such a format.
    """
    if synth.suffix is None or not isinstance(synth, _Plugin):
        raise SynthError(f"{synth.name} has no preset files of its own: use a .json.")
    state = synth.save_state(preset.values)
    return _NAMED[synth.suffix](state, preset.name) if synth.suffix in _NAMED else state


def choose(source: str, names: Sequence[str], name: str | None) -> int:
    """Return the position of a preset among several.

    Args:
        source: File or plugin that holds them, for messages.
        names: Names of the presets.
        name: Name of the preset, or its number from 1; not needed if there is only one.

    Raises:
        SynthError: If there is no such preset, or there are several and `name` is None.
    """
    if not names:
        raise SynthError(f"{source} has no preset in it: choose another.")
    if name is None and len(names) == 1:
        return 0
    if name in names:
        return names.index(name)
    if name is not None and name.isdecimal() and 0 < int(name) <= len(names):
        return int(name) - 1
    wrong = "" if name is None else f", and {name!r} is none of them"
    raise SynthError(
        f"{source} has {len(names)} presets{wrong}: name one of "
        + ", ".join(f"{number}: {found}" for number, found in enumerate(names[:12], 1))
        + (" and so on." if len(names) > 12 else ".")
    )


def _own_id(synth: Synth) -> str:
    """Return the plugin as its preset files name it; empty if its host writes none."""
    if synth.suffix is None or not isinstance(synth, _Plugin):
        return ""
    own = synth.save_state(synth.space.defaults)
    if synth.suffix == ".fxp":
        return fxp.decode(own).plugin_id
    if synth.suffix == ".vstpreset":
        return vstpreset.decode(own).class_id.upper()
    return lv2.decode(own).plugin if synth.suffix == ".ttl" else ""


def _loaded(path: Path, state: PluginState, synth: Synth) -> Preset:
    """Have the plugin load a state of a project, and warn of what it lacks."""
    if not isinstance(synth, _Plugin):
        raise SynthError(f"{synth.name} is no plugin: name one that {path} has.")
    try:
        preset = Preset(state.name, synth.name, synth.load_state(state.data))
    except SynthError as error:
        raise SynthError(f"{path}, {state.name}: {error}") from error
    if state.lost:
        warn(f"{path}, {state.name}: {state.lost}.")
    return preset


def _format(data: bytes, suffix: str) -> Format | None:
    """Return the format of a file by its first bytes or its suffix; None if not in `FORMATS`."""
    by_magic = (each for each in FORMATS if each.magic and data.startswith(each.magic))
    by_suffix = (each for each in FORMATS if each.suffix == suffix)
    return next(itertools.chain(by_magic, by_suffix), None)


def _decode(path: Path, data: bytes, found: Format) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Read the presets of a file, and warn of what is doubtful in it."""
    try:
        presets = found.decode(data)
        for doubt in found.doubts(data) if found.doubts is not None else ():
            warn(f"{path}: {doubt}.")
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error
    return presets


def _own(synth: Synth) -> str:
    return f"a {synth.suffix}" if synth.suffix else "the only format"


def _write(path: Path, data: bytes) -> None:
    with whole_file(path) as part:
        part.write_bytes(data)


def _read(path: Path) -> bytes:
    return read_outside(path, kind="a preset", max_bytes=MAX_BYTES)
