"""What a plugin process is asked to do, and what it answers; sent through pipes, never kept."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.hosts.host import Host, open_host

MAX_CHANNELS = 2  # further outputs of a plugin are not listened to


class Policy(StrEnum):
    """What is done so that a render starts from a known state, cheapest first."""

    none = "none"  # nothing
    reset = "reset"  # the host's own reset
    reinstantiate = "reinstantiate"  # the plugin is loaded again, in the same process
    fork = "fork"  # a copy of the process whose plugin never played
    respawn = "respawn"  # a new process


@dataclass(frozen=True, kw_only=True)
class Source:
    """The plugin that a process loads.

    Attributes:
        host: Name of the host.
        plugin: File or bundle; None where the host is the synth.
        options: Of the host.
        state: Content of one of the plugin's own preset files, loaded before anything else.
        sr: Sample rate in Hz.
    """

    host: str
    plugin: Path | None
    options: dict[str, Any] = field(default_factory=dict)
    state: bytes | None = None
    sr: int = 44_100

    def open(self) -> Host:
        """Load the plugin.

        Raises:
            SynthError: If it does not load.
        """
        host = open_host(self.host, self.plugin, sr=self.sr, options=self.options)
        if self.state is not None:
            host.load_state(self.state)
        return host


@dataclass(frozen=True)
class Described:
    """What a plugin says of itself."""

    parameters: tuple[Parameter, ...]
    channels: int
    suffix: str | None


class Job(Protocol):
    """One thing to do with a plugin."""

    def run(self, host: Host, memory: int) -> Any:
        """Do it.

        Args:
            host: Holds the plugin.
            memory: File descriptor of the memory that is shared with the asking process.

        Returns:
            The answer; small, because audio goes through the shared memory.
        """
        ...


@dataclass(frozen=True)
class Describe:
    """Tell what the parameters are; what is rendered afterwards may differ."""

    def run(self, host: Host, memory: int) -> Described:
        """Answer with a `Described`."""
        channels = min(host.channels, MAX_CHANNELS)
        return Described(host.describe(), channels, host.suffix)


@dataclass(frozen=True, eq=False)
class Play:
    """Set all parameters `[P]`, play, and leave the audio `[c, t]` in the shared memory."""

    values: Array
    performance: Performance

    def run(self, host: Host, memory: int) -> None:
        """Answer with nothing."""
        host.set_all(self.values)
        write_audio(memory, host.play(self.performance)[:MAX_CHANNELS])


@dataclass(frozen=True, eq=False)
class SaveState:
    """Set all parameters `[P]`; answer with the content of one of the plugin's preset files."""

    values: Array

    def run(self, host: Host, memory: int) -> bytes:
        """Answer with the file's content."""
        host.set_all(self.values)
        return host.state()


@dataclass(frozen=True)
class LoadState:
    """Load the content of one of the plugin's preset files; answer with the values `[P]`."""

    data: bytes

    def run(self, host: Host, memory: int) -> Array:
        """Answer with the values."""
        host.load_state(self.data)
        return host.values()


@dataclass(frozen=True, eq=False)
class ReadBack:
    """Set all parameters `[P]`; answer with what the plugin made of them."""

    values: Array

    def run(self, host: Host, memory: int) -> Array:
        """Answer with the values."""
        host.set_all(self.values)
        return host.values()


def write_audio(memory: int, audio: NDArray[np.float32]) -> None:
    """Copy audio `[c, t]` to the start of a shared memory, which must be large enough."""
    with platform.map_whole(memory, 4 * audio.size) as shared:
        view = np.frombuffer(shared, np.float32).reshape(audio.shape)
        view[...] = audio
        del view  # or the memory could not be closed
