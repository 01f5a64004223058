"""The interface that every plugin host has, and how one is opened."""

import importlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance

BLOCK = 512  # samples a plugin is asked for at a time
# Seconds played silently between setting the parameters and the first note. Plugins smooth the
# movement of their knobs, so without it the first notes would sound of the preset before. After
# it nothing is left of that in amsynth (measured: 0.05 s) and Vital (0.3 s).
SETTLE = 0.1

# module, class, extra of this project that installs it; pedalboard comes with every installation
_HOSTS: dict[str, tuple[str, str, str | None]] = {
    "pedalboard": ("patchwright.synths.plugins.hosts.pedalboard", "PedalboardHost", None),
    "dawdreamer": ("patchwright.synths.plugins.hosts.dawdreamer", "DawDreamerHost", "dawdreamer"),
    "vita": ("patchwright.synths.plugins.hosts.vita", "VitaHost", "vital"),
}
HOST_NAMES = tuple(_HOSTS)


def host_version(name: str) -> str:
    """Version of a host's package; empty if it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


class Host(Protocol):
    """One loaded plugin.

    Attributes:
        channels: Of the audio.
        suffix: Of the plugin's own preset files, such as ``.fxp``; None if it has none.
    """

    channels: int
    suffix: str | None

    def describe(self) -> tuple[Parameter, ...]:
        """Tell what the parameters are, in the plugin's order, as far as the plugin says.

        Defaults are the values right after loading. This moves every knob: what is rendered
        afterwards may differ.
        """
        ...

    def set_all(self, values: Array) -> None:
        """Set every parameter: values `[P]`, normalised."""
        ...

    def values(self) -> Array:
        """Read every parameter back: `[P]`, normalised."""
        ...

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play, and record `[c, t]`.

        Raises:
            SynthError: If the host cannot play such a performance.
        """
        ...

    def reset(self) -> None:
        """Silence what still sounds, as far as the plugin does so when asked to."""
        ...

    def state(self) -> bytes:
        """The content of one of the plugin's own preset files, as it is set now."""
        ...

    def load_state(self, data: bytes) -> None:
        """Take the settings from the content of one of the plugin's own preset files.

        Raises:
            SynthError: If the plugin refuses it.
        """
        ...


def open_host(
    name: str, plugin: Path | None, *, sr: int, options: Mapping[str, Any] | None = None
) -> Host:
    """Load a plugin.

    Args:
        name: Of the host.
        plugin: File or bundle; None where the host is the synth.
        sr: Sample rate in Hz that it will play at.
        options: That this host has beyond those.

    Returns:
        The host with the plugin in it.

    Raises:
        SynthError: If there is no such host, its package is missing, or the plugin does not load.
    """
    if name not in _HOSTS:
        raise SynthError(f"There is no plugin host {name!r}: {did_you_mean(name, _HOSTS)}")
    module, cls, extra = _HOSTS[name]
    try:
        host: Host = getattr(importlib.import_module(module), cls)(plugin, sr=sr, **(options or {}))
    except ModuleNotFoundError as error:
        wanted = f"patchwright[{extra}]" if extra else str(error.name)
        raise SynthError(
            f"The plugin host {name} is not installed: pip install '{wanted}'."
        ) from error
    return host
