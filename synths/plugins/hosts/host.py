"""The interface of plugin hosts, and the function that opens one."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins.hosts.table import HostEntry

BLOCK = 512  # samples per call of the plugin
# Seconds of silence between setting the parameters and the first note. Plugins smooth parameter
# changes, so without it the first notes would contain traces of the previous preset. Measured need:
# 0.05 s in amsynth; 0.3 s in Vital, for which `hosts.vita` has a value of its own.
SETTLE = 0.1
MAX_CHANNELS = 2  # further outputs of a plugin are ignored

NO_INSTRUMENT = (
    "{} is an effect, not an instrument: name another plugin, or put effects behind an instrument "
    "or alone, as in 'subtractive | lv2:Delay' or 'effects: lv2:Delay'."
)
NO_EFFECT = (
    "{} takes no sound, so it is no effect: put an instrument before the effects, as in "
    "'vst2:amsynth_vst | reverb'."
)


class Host(Protocol):
    """One loaded plugin.

    A class with this interface is constructed as ``Class(plugin, sr=sr, **options)``, where
    `plugin` is the plugin's file or None. It raises a `SynthError` if the plugin does not load. A
    host of a plugin format takes the option `effect`: whether an effect is wanted, which plays the
    dry sound of a performance, and not an instrument.

    Attributes:
        channels: Number of audio channels.
        suffix: Suffix of the plugin's own preset files, such as ``.fxp``; None if it has none.

    It may have the attributes `inputs`, the number of audio channels that the plugin takes (one
    that takes some is asked whether it is an effect), and `version`, `vendor` and `title`, as the
    plugin says of itself.
    """

    channels: int
    suffix: str | None

    def describe(self) -> tuple[Parameter, ...]:
        """Describe the parameters in the plugin's order, with all that the plugin reports.

        Defaults are the values right after loading. The call moves every parameter, so later
        renders may differ.
        """
        ...

    def set_all(self, values: Array) -> None:
        """Set every parameter to normalised values `[P]`."""
        ...

    def values(self) -> Array:
        """Read every parameter's normalised value, `[P]`."""
        ...

    def play(self, performance: Performance) -> NDArray[np.float32]:
        """Play a performance, and return the audio `[c, t]`.

        Raises:
            SynthError: If the host cannot play such a performance.
        """
        ...

    def reset(self) -> None:
        """Stop all sound with the reset that the host offers."""
        ...

    def state(self) -> bytes:
        """Return the current settings as the content of one of the plugin's own preset files."""
        ...

    def load_state(self, data: bytes) -> None:
        """Load the content of one of the plugin's own preset files.

        Raises:
            SynthError: If the plugin rejects it.
        """
        ...


class Program(NamedTuple):
    """A preset that a plugin brings with it.

    Attributes:
        name: Name; empty if it has none.
        values: Normalised values of all parameters, `[P]`.
    """

    name: str
    values: Array


@runtime_checkable
class ShowsPrograms(Protocol):
    """A host that also shows its plugin's programs; later renders may differ after its calls."""

    def programs(self) -> list[Program]:
        """Read all programs; none if the plugin has no more than one."""
        ...

    def load_program(self, number: int) -> None:
        """Bring the plugin to a program, counted from 0, with what it holds beyond parameters."""
        ...


def heard(
    performance: Performance, channels: int, samples: int, *, delay: int = 0
) -> NDArray[np.float32]:
    """Return what an effect hears: a performance's dry sound, or silence, `[channels, samples]`.

    A plugin with one input hears the mean of both sides.

    Args:
        performance: Performance.
        channels: Inputs of the plugin; those after the second hear silence.
        samples: Length.
        delay: Samples of silence before the sound.
    """
    sound = np.zeros((channels, samples), np.float32)
    if performance.dry is not None:
        both = performance.dry.played(performance.samples)
        part = both.mean(axis=0, keepdims=True) if channels == 1 else both
        room = min(performance.samples, samples - delay)
        sound[:MAX_CHANNELS, delay : delay + room] = part[:, :room]
    return sound


def check_taken(chunk: bytes, before: bytes | None, after: bytes | None) -> None:
    """Check that a plugin took a preset, because many ignore what they cannot read.

    Args:
        chunk: State in the preset, as the plugin's own bytes.
        before: The plugin's state before it loaded the preset; None if it reports none.
        after: Its state afterwards.

    Raises:
        SynthError: If the state did not change, and was not that of the preset before.
    """
    if before is not None and before == after and chunk.rstrip(b"\0") not in before:
        raise SynthError(
            "The plugin took nothing from the preset, which is damaged or from another version: "
            "export it again."
        )


def open_host(
    entry: HostEntry, plugin: Path | None, *, sr: int, options: Mapping[str, Any] | None = None
) -> Host:
    """Load a plugin into a host, in this process.

    Args:
        entry: Host to open.
        plugin: Plugin file or bundle; None if the host is the synth.
        sr: Sample rate in Hz.
        options: Further arguments of the host class.

    Returns:
        The host with the plugin in it.

    Raises:
        SynthError: If the host's package is missing, or the plugin does not load.
    """
    try:
        cls = getattr(importlib.import_module(entry.module), entry.class_name)
        host: Host = cls(plugin, sr=sr, **(options or {}))
    except ModuleNotFoundError as error:
        mend = entry.installation or f"there is no module {error.name}, check its row in HOSTS"
        raise SynthError(f"The plugin host {entry.name} is not installed: {mend}.") from error
    return host
