"""Find a plugin by its address: ``vst2:amsynth_vst``, ``vital`` or a path."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from patchwright.synths.effects.address import split_address
from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.hardware.address import is_hardware
from patchwright.synths.outside_file import read_outside
from patchwright.synths.plugins.hosts.derive import slug
from patchwright.synths.plugins.hosts.table import (
    PluginFormat,
    address_forms,
    find_host,
    formats,
    hosts_of,
    synth_hosts,
)
from patchwright.synths.plugins.jobs import PluginSource
from patchwright.synths.plugins.spec import PluginSpec, SpecFile, read_spec
from patchwright.synths.presets.files import MAX_BYTES

_PROCESSOR = re.compile(r"[ _.-]?\(?(x64|x86_64|win64|64|64bit)\)?$", re.IGNORECASE)
_SHIPPED = Path(__file__).parents[1] / "shipped" / "specs"


def is_plugin(address: str) -> bool:
    """Return whether an address names a plugin, alone or before effects.

    Examples:
        >>> is_plugin("vst3:Dexed"), is_plugin("vital | reverb"), is_plugin("subtractive")
        (True, True, False)
    """
    instrument = split_address(address).instrument
    if instrument is None or is_hardware(instrument):  # names of ports may look like paths
        return False
    address = instrument
    prefix, colon, _ = address.partition(":")
    named = address in synth_hosts() or (bool(colon) and prefix in formats())
    return named or _is_path(address) or _format_of(address) is not None


def resolve(
    address: str,
    *,
    host: str | None = None,
    spec: Path | None = None,
    state: Path | None = None,
    effect: bool = False,
) -> PluginSpec:
    """Find a plugin.

    Args:
        address: ``vital``; ``vst2:``, ``vst3:`` or ``au:`` with a name or a path; or a path.
        host: Name of the host; None for the default of the format.
        spec: YAML file that describes the parameters; None for the one shipped with this package,
            if any.
        state: One of the plugin's own preset files, loaded before anything else.
        effect: Whether an effect is wanted, and not an instrument.

    Returns:
        The plugin; nothing is loaded yet.

    Raises:
        SynthError: If there is no such plugin or host, or a file is invalid.

    Examples:
        >>> resolve("vital").source.host.name
        'vita'
    """
    chosen = find_host(host) if host is not None else None
    synth_host = synth_hosts().get(address)
    options: Mapping[str, str] = {}
    if synth_host is not None:
        name, plugin, shipped = address, None, _SHIPPED / f"{address}.yaml"
        playable_by = [synth_host]
    else:
        plugin_format, stem, plugin, options = _find(address)
        shipped = _shipped(stem)
        name = address if ":" in address else f"{plugin_format.prefix}:{address}"
        playable_by = hosts_of(plugin_format)
    entry = chosen or playable_by[0]
    if entry not in playable_by:
        raise SynthError(
            f"The host {entry.name} cannot play {name}: use "
            f"{' or '.join(other.name for other in playable_by)}."
        )
    origin = spec or (shipped if shipped.is_file() else None)
    file = read_spec(origin) if origin else SpecFile()
    source = PluginSource(
        host=entry,
        plugin=plugin,
        options=file.options | {**options} | ({"effect": True} if effect else {}),
        state=_read(state),
        origin=str(state),
    )
    return PluginSpec(
        name=name,
        source=source,
        parameters=file.parameters,
        origin=str(origin or ""),
        shipped=spec is None,
    )


def _shipped(plugin: str) -> Path:
    """Return the path of the description that is shipped for a plugin, if there is one.

    Its file may be called otherwise than on another system: ``Serum_x64``, ``Diva(x64)``,
    ``libTAL-NoiseMaker``.
    """
    name = slug(_PROCESSOR.sub("", plugin).removeprefix("lib"))
    return _SHIPPED / ("none" if name in synth_hosts() else f"{name}.yaml")


def installed() -> list[str]:
    """List the addresses of all plugins in the standard folders and in ``PATCHWRIGHT_PLUGINS``.

    Returns:
        Sorted addresses, such as ``vst2:amsynth_vst``.

    Examples:
        ::

            for address in installed():
                print(address, resolve(address).source.plugin)
    """
    return sorted(
        {
            f"{prefix}:{found.name}"
            for prefix, plugin_format in formats().items()
            for found in _candidates(plugin_format)
        }
    )


class _Found(NamedTuple):
    """A plugin, the file or bundle that holds it, and the options by which its host finds it."""

    format: PluginFormat
    name: str
    path: Path
    options: Mapping[str, str]


def _find(address: str) -> _Found:
    """Return the format, the name and the file of a plugin."""
    prefix, colon, name = address.partition(":")
    named = formats().get(prefix) if colon else None
    wanted = name if named is not None else address
    path = Path(wanted).expanduser()
    if path.suffix and (_is_path(wanted) or path.exists()):
        if not path.exists():
            raise SynthError(f"There is no plugin {path}: check the path.")
        plugin_format = named or _format_of(wanted)
        if plugin_format is None:
            suffixes = dict.fromkeys(s for f in formats().values() for s in f.suffixes_here)
            raise SynthError(f"{path} is not a plugin: name a {' or '.join(suffixes)}.")
        inside = plugin_format.contents(path.resolve())
        if len(inside) != 1:
            raise SynthError(
                f"{path} holds {len(inside)} plugins: name one as {plugin_format.prefix}:NAME, "
                f"with its folder in PATCHWRIGHT_PLUGINS; they are {', '.join(inside) or 'none'}."
            )
        ((inner, options),) = inside.items()
        return _Found(plugin_format, inner, path.resolve(), options)
    if named is None:
        raise SynthError(
            f"{address!r} is not a plugin: write {', '.join(address_forms())} or a path."
        )
    if not named.suffixes_here:
        raise SynthError(
            f"There are no {prefix} plugins on this platform: write {', '.join(address_forms())} "
            "or a path."
        )
    candidates = {found.name: found for found in reversed(_candidates(named))}
    if name not in candidates:
        folders = ", ".join(map(str, _folders(named)))
        hint = f"; {did_you_mean(name, candidates)}" if candidates else "."
        raise SynthError(
            f"There is no {prefix} plugin {name!r} in {folders}: install it, or name its folder "
            f"in PATCHWRIGHT_PLUGINS{hint}"
        )
    return candidates[name]


def _is_path(text: str) -> bool:
    return os.sep in text or (os.altsep is not None and os.altsep in text)


def _format_of(path: str) -> PluginFormat | None:
    suffix = Path(path).suffix.casefold()
    return next((f for f in formats().values() if suffix and suffix in f.suffixes_here), None)


def _folders(plugin_format: PluginFormat) -> list[Path]:
    own = [Path(p) for p in os.environ.get("PATCHWRIGHT_PLUGINS", "").split(os.pathsep) if p]
    return own + [Path(folder).expanduser() for folder in plugin_format.folders_here]


def _candidates(plugin_format: PluginFormat) -> list[_Found]:
    """Return the plugins of a format in order of preference, at most one folder down."""
    return [
        _Found(plugin_format, name, path, options)
        for folder in _folders(plugin_format)
        for suffix in plugin_format.suffixes_here
        for path in sorted([*folder.glob(f"*{suffix}"), *folder.glob(f"*/*{suffix}")])
        for name, options in plugin_format.contents(path).items()
    ]


def _read(path: Path | None) -> bytes | None:
    return None if path is None else read_outside(path, kind="a preset", max_bytes=MAX_BYTES)
