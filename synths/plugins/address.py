"""From how people name a synth to a plugin: ``vst2:amsynth_vst``, ``vital`` or a path."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.plugins.hosts.host import HOST_NAMES
from patchwright.synths.plugins.jobs import Source
from patchwright.synths.plugins.spec import PluginSpec, read_spec

_SHIPPED = Path(__file__).parents[1] / "shipped" / "specs"
_MAC = sys.platform == "darwin"


@dataclass(frozen=True)
class _Format:
    host: str
    suffixes: tuple[str, ...]
    folders: tuple[str, ...]


_FORMATS = {
    "vst2": _Format(
        "dawdreamer",
        (".vst",) if _MAC else (".so",),
        ("~/Library/Audio/Plug-Ins/VST", "/Library/Audio/Plug-Ins/VST")
        if _MAC
        else ("~/.vst", "/usr/local/lib/vst", "/usr/lib/vst", "/usr/lib64/vst"),
    ),
    "vst3": _Format(
        "pedalboard",
        (".vst3",),
        ("~/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/VST3")
        if _MAC
        else ("~/.vst3", "/usr/local/lib/vst3", "/usr/lib/vst3", "/usr/lib64/vst3"),
    ),
    "au": _Format(
        "pedalboard",
        (".component",),
        ("~/Library/Audio/Plug-Ins/Components", "/Library/Audio/Plug-Ins/Components"),
    ),
}


def is_plugin(address: str) -> bool:
    """Whether an address means a plugin, not a built-in synth."""
    prefix, colon, _ = address.partition(":")
    named = address == "vital" or (bool(colon) and prefix in _FORMATS)
    return named or os.sep in address or _format_of(address) != ""


def resolve(
    address: str, *, host: str | None = None, spec: Path | None = None, state: Path | None = None
) -> PluginSpec:
    """Find a plugin.

    Args:
        address: ``vital``; ``vst2:``, ``vst3:`` or ``au:`` with a name or a path; or a path.
        host: Name of the host; the usual one for the format if None.
        spec: YAML file that says what the parameters are; the one that comes with this package
            if None and there is one.
        state: One of the plugin's own preset files, from which everything starts.

    Returns:
        The plugin.

    Raises:
        SynthError: If there is no such plugin or host, or a file is wrong.
    """
    if host is not None and host not in HOST_NAMES:
        raise SynthError(f"There is no plugin host {host!r}: {did_you_mean(host, HOST_NAMES)}")
    name, plugin, stem = address, None, address
    if address != "vital":
        plugin_format, plugin = _find(address)
        stem = plugin.stem
        host = host or _FORMATS[plugin_format].host
        name = address if ":" in address else f"{plugin_format}:{address}"
    shipped = _SHIPPED / f"{stem}.yaml"
    origin = spec or (shipped if shipped.is_file() else None)
    options, parameters = read_spec(origin) if origin else ({}, {})
    source = Source(host=host or "vita", plugin=plugin, options=options, state=_read(state))
    return PluginSpec(name=name, source=source, parameters=parameters, origin=str(origin or ""))


def installed() -> list[str]:
    """Addresses of the plugins in the standard folders and in ``PATCHWRIGHT_PLUGINS``."""
    return sorted(
        {
            f"{name}:{path.stem}"
            for name, plugin_format in _FORMATS.items()
            for path in _candidates(plugin_format)
        }
    )


def _find(name: str) -> tuple[str, Path]:
    """Format and file of a plugin."""
    prefix, colon, rest = name.partition(":")
    known = bool(colon) and prefix in _FORMATS
    wanted = rest if known else name
    path = Path(wanted).expanduser()
    if path.suffix and (os.sep in wanted or path.exists()):
        if not path.exists():
            raise SynthError(f"There is no plugin {path}: check the path.")
        found = prefix if known else _format_of(wanted)
        if not found:
            raise SynthError(f"{path} is not a plugin: name a .vst3, .so, .vst or .component.")
        return found, path.resolve()
    if not known:
        raise SynthError(f"{name!r} names no plugin: write vst2:NAME, vst3:NAME or a path.")
    candidates = {path.stem: path for path in reversed(_candidates(_FORMATS[prefix]))}
    if rest not in candidates:
        folders = ", ".join(map(str, _folders(_FORMATS[prefix])))
        hint = f"; {did_you_mean(rest, candidates)}" if candidates else "."
        raise SynthError(
            f"There is no {prefix} plugin {rest!r} in {folders}: install it, or name its folder "
            f"in PATCHWRIGHT_PLUGINS{hint}"
        )
    return prefix, candidates[rest]


def _format_of(path: str) -> str:
    suffix = Path(path).suffix.casefold()
    return next((n for n, f in _FORMATS.items() if suffix and suffix in f.suffixes), "")


def _folders(plugin_format: _Format) -> list[Path]:
    own = [Path(p) for p in os.environ.get("PATCHWRIGHT_PLUGINS", "").split(os.pathsep) if p]
    return own + [Path(folder).expanduser() for folder in plugin_format.folders]


def _candidates(plugin_format: _Format) -> list[Path]:
    """Plugins in order of preference: bundles and files, one folder down at most."""
    return [
        path
        for folder in _folders(plugin_format)
        for suffix in plugin_format.suffixes
        for path in sorted([*folder.glob(f"*{suffix}"), *folder.glob(f"*/*{suffix}")])
    ]


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.") from error
