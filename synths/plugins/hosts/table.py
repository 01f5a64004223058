"""The table of plugin hosts. A new host is one module, and one row in `HOSTS`.

Addresses, standard folders, preset files, help texts and messages about missing hosts all derive
from it. The recipe is in `synths/README.md`, "Add a plugin host".
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.plugins.hosts.lv2_bundle import plugins_in


def _one_plugin(file: Path) -> dict[str, dict[str, str]]:
    return {file.stem: {}}


@dataclass(frozen=True, kw_only=True)
class PluginFormat:
    """A format of plugin files.

    Attributes:
        prefix: Prefix of addresses, such as ``vst3``.
        suffixes: File suffixes, by `sys.platform`; none where there are no such plugins.
        folders: Standard folders, by `sys.platform`.
        contents: Lists the plugins in a file or bundle: options of the host by their names.
    """

    prefix: str
    suffixes: Mapping[str, tuple[str, ...]]
    folders: Mapping[str, tuple[str, ...]]
    contents: Callable[[Path], Mapping[str, Mapping[str, str]]] = _one_plugin

    @property
    def suffixes_here(self) -> tuple[str, ...]:
        """File suffixes on this platform."""
        return self.suffixes.get(sys.platform, ())

    @property
    def folders_here(self) -> tuple[str, ...]:
        """Standard folders on this platform."""
        return self.folders.get(sys.platform, ())


@dataclass(frozen=True, kw_only=True)
class HostEntry:
    """A plugin host: a row of the table.

    Attributes:
        name: Name of the host, as in ``--host``.
        module: Module of the host class; only the processes that hold plugins import it.
        class_name: Class with the interface `patchwright.synths.plugins.hosts.host.Host`.
        about: One line of help.
        formats: Plugin formats that it plays.
        synth: Address of the host's own synth, such as ``vital``; None if it needs a plugin file.
        preset_suffixes: Suffixes of the preset files that it reads.
        package: Distribution whose version affects the sound; None if the host is part of this one.
        extra: Extra of this project that installs the package; None if every installation has it.
    """

    name: str
    module: str
    class_name: str
    about: str
    formats: tuple[PluginFormat, ...] = ()
    synth: str | None = None
    preset_suffixes: tuple[str, ...] = ()
    package: str | None = None
    extra: str | None = None

    @property
    def version(self) -> str:
        """Version of the package; empty if it has none or is not installed."""
        import importlib.metadata  # here, because plugins' processes need no version

        try:
            return importlib.metadata.version(self.package) if self.package else ""
        except importlib.metadata.PackageNotFoundError:
            return ""

    @property
    def is_installed(self) -> bool:
        """Whether its package is installed."""
        return self.package is None or self.version != ""

    @property
    def installation(self) -> str:
        """Command that installs the package; empty if there is none."""
        wanted = f"patchwright[{self.extra}]" if self.extra else self.package
        return f"pip install '{wanted}'" if wanted else ""


VST2 = PluginFormat(
    prefix="vst2",
    suffixes={"linux": (".so",), "darwin": (".vst",), "win32": (".dll",)},
    folders={
        "linux": ("~/.vst", "/usr/local/lib/vst", "/usr/lib/vst", "/usr/lib64/vst"),
        "darwin": ("~/Library/Audio/Plug-Ins/VST", "/Library/Audio/Plug-Ins/VST"),
        "win32": ("C:/Program Files/VSTPlugins", "C:/Program Files/Steinberg/VSTPlugins"),
    },
)
VST3 = PluginFormat(
    prefix="vst3",
    suffixes={"linux": (".vst3",), "darwin": (".vst3",), "win32": (".vst3",)},
    folders={
        "linux": ("~/.vst3", "/usr/local/lib/vst3", "/usr/lib/vst3", "/usr/lib64/vst3"),
        "darwin": ("~/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/VST3"),
        "win32": ("C:/Program Files/Common Files/VST3",),
    },
)
AUDIO_UNITS = PluginFormat(
    prefix="au",
    suffixes={"darwin": (".component",)},
    folders={
        "darwin": ("~/Library/Audio/Plug-Ins/Components", "/Library/Audio/Plug-Ins/Components")
    },
)
LV2 = PluginFormat(
    prefix="lv2",
    suffixes={"linux": (".lv2",), "darwin": (".lv2",), "win32": (".lv2",)},
    folders={
        "linux": ("~/.lv2", "/usr/local/lib/lv2", "/usr/lib/lv2", "/usr/lib64/lv2"),
        "darwin": ("~/Library/Audio/Plug-Ins/LV2", "/Library/Audio/Plug-Ins/LV2"),
        "win32": ("C:/Program Files/Common Files/LV2",),
    },
    contents=plugins_in,
)

_ROWS = (
    # the first row that lists a format is its default host
    HostEntry(
        name="pedalboard",
        module="patchwright.synths.plugins.hosts.pedalboard",
        class_name="PedalboardHost",
        about="VST3 plugins and Audio Units, through Spotify's pedalboard",
        formats=(VST3, AUDIO_UNITS),
        preset_suffixes=(".vstpreset",),
        package="pedalboard",
    ),
    HostEntry(
        name="dawdreamer",
        module="patchwright.synths.plugins.hosts.dawdreamer",
        class_name="DawDreamerHost",
        about="VST2 and VST3 plugins, through DawDreamer",
        formats=(VST2, VST3),
        preset_suffixes=(".fxp", ".fxb", ".vstpreset"),
        package="dawdreamer",
        extra="dawdreamer",
    ),
    HostEntry(
        name="minihost",
        module="patchwright.synths.plugins.hosts.lv2",
        class_name="LV2Host",
        about="LV2 plugins, through minihost",
        formats=(LV2,),
        preset_suffixes=(".ttl",),
        package="minihost",
        extra="lv2",
    ),
    HostEntry(
        name="vita",
        module="patchwright.synths.plugins.hosts.vita",
        class_name="VitaHost",
        about="Vital without a plugin file, through the package vita",
        synth="vital",
        preset_suffixes=(".vital",),
        package="vita",
        extra="vital",
    ),
)
HOSTS: dict[str, HostEntry] = {entry.name: entry for entry in _ROWS}


def find_host(name: str) -> HostEntry:
    """Return a host by its name.

    Raises:
        SynthError: If there is none.
    """
    if name not in HOSTS:
        raise SynthError(f"There is no plugin host {name!r}: {did_you_mean(name, HOSTS)}")
    return HOSTS[name]


def formats() -> dict[str, PluginFormat]:
    """Return the formats of all hosts, by prefix."""
    return {entry.prefix: entry for host in HOSTS.values() for entry in host.formats}


def hosts_of(plugin_format: PluginFormat) -> list[HostEntry]:
    """Return the hosts that play a format, the default first."""
    return [host for host in HOSTS.values() if plugin_format in host.formats]


def synth_hosts() -> dict[str, HostEntry]:
    """Return the hosts that have a synth of their own, by its address."""
    return {host.synth: host for host in HOSTS.values() if host.synth is not None}


def address_forms() -> list[str]:
    """Return the forms of plugin addresses on this platform, such as ``vst3:NAME``."""
    named = [f"{prefix}:NAME" for prefix, entry in formats().items() if entry.suffixes_here]
    return [*synth_hosts(), *named]


def preset_suffixes() -> set[str]:
    """Return the suffixes of all preset files that hosts read."""
    return {suffix for host in HOSTS.values() for suffix in host.preset_suffixes}
