"""Jobs for plugin processes and their replies, which are sent through pipes and never stored."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.parameters import Array, Parameter
from patchwright.synths.performance.notes import Performance
from patchwright.synths.plugins import platform
from patchwright.synths.plugins.hosts.host import (
    MAX_CHANNELS,
    Host,
    Program,
    ShowsPrograms,
    open_host,
)
from patchwright.synths.plugins.hosts.table import HostEntry


class Policy(StrEnum):
    """Ways to bring a plugin to a known state before each render, cheapest first."""

    none = "none"  # nothing
    reset = "reset"  # the host's own reset
    reinstantiate = "reinstantiate"  # the plugin is loaded again in the same process
    fork = "fork"  # the process, in which the plugin never played, is forked
    respawn = "respawn"  # a new process is started


@dataclass(frozen=True, kw_only=True)
class PluginSource:
    """A plugin with its host and settings: all that a process needs to load it.

    Attributes:
        host: Host that plays it.
        plugin: Plugin file or bundle; None if the host is the synth.
        options: Further arguments of the host class.
        state: Content of one of the plugin's own preset files, loaded before anything else.
        origin: Path of that file, for messages.
        sr: Sample rate in Hz.
    """

    host: HostEntry
    plugin: Path | None
    options: dict[str, Any] = field(default_factory=dict)
    state: bytes | None = None
    origin: str = "the state"
    sr: int = 44_100

    def open(self) -> Host:
        """Load the plugin in this process.

        Raises:
            SynthError: If it does not load, or rejects the state.
        """
        host = open_host(self.host, self.plugin, sr=self.sr, options=self.options)
        if self.state is not None:
            try:
                host.load_state(self.state)
            except SynthError as error:
                raise SynthError(f"{self.origin}: {error}") from error
        return host


@dataclass(frozen=True)
class Described:
    """A plugin's own description.

    Attributes:
        parameters: Parameters in the plugin's order.
        channels: Number of audio channels, at most `MAX_CHANNELS`.
        suffix: Suffix of its own preset files; None if it has none.
        inputs: Number of channels of audio that it takes; 0 if its host does not say.
        version: Version of the plugin; empty if its host does not say.
        vendor: Its maker; likewise.
        title: Its name; likewise.
    """

    parameters: tuple[Parameter, ...]
    channels: int
    suffix: str | None
    inputs: int = 0
    version: str = ""
    vendor: str = ""
    title: str = ""


class Job(Protocol):
    """One task for a plugin."""

    def run(self, host: Host, memory: int | None) -> Any:
        """Do the task.

        Args:
            host: Host with the plugin in it.
            memory: Descriptor of the file in memory that is shared with the parent process; None
                where none can be.

        Returns:
            A small result; audio only if there is no shared memory, through which it goes else.
        """
        ...


# rejected: the host raised a SynthError; lost: the process had ended before the job began
JobStatus = Literal["done", "rejected", "timeout", "crashed", "lost"]


class Reply(NamedTuple):
    """The reply to a job.

    Attributes:
        status: How the job ended.
        result: Result of a job that is done; error message if rejected; exit code if crashed.
        seconds: Duration of the job.
    """

    status: JobStatus
    result: Any
    seconds: float


@dataclass(frozen=True)
class Describe:
    """Describe the parameters; later renders may differ."""

    def run(self, host: Host, memory: int | None) -> Described:
        """Return the plugin's description."""
        channels = min(host.channels, MAX_CHANNELS)
        inputs = getattr(host, "inputs", 0)
        said = {key: getattr(host, key, "") for key in ("version", "vendor", "title")}
        return Described(host.describe(), channels, host.suffix, inputs, **said)


@dataclass(frozen=True, eq=False)
class Play:
    """Set all parameters `[P]`, play, and hand the audio `[c, t]` over."""

    values: Array
    performance: Performance

    def run(self, host: Host, memory: int | None) -> NDArray[np.float32] | None:
        """Hand the audio over."""
        host.set_all(self.values)
        return hand_over(memory, host.play(self.performance)[:MAX_CHANNELS])


@dataclass(frozen=True)
class ReadPrograms:
    """Read the plugin's programs; later renders may differ."""

    def run(self, host: Host, memory: int | None) -> list[Program]:
        """Return the programs; none if the host or the plugin shows none."""
        return host.programs() if isinstance(host, ShowsPrograms) else []


@dataclass(frozen=True)
class PlayProgram:
    """Load a program, counted from 0, play, and hand the audio over; later renders may differ."""

    number: int
    performance: Performance

    def run(self, host: Host, memory: int | None) -> NDArray[np.float32] | None:
        """Hand the audio `[c, t]` over."""
        if not isinstance(host, ShowsPrograms):
            raise SynthError("The plugin's host shows no programs: name a preset file.")
        host.load_program(self.number)
        return hand_over(memory, host.play(self.performance)[:MAX_CHANNELS])


@dataclass(frozen=True, eq=False)
class SaveState:
    """Set all parameters `[P]`, and save one of the plugin's own preset files."""

    values: Array

    def run(self, host: Host, memory: int | None) -> bytes:
        """Return the file's content."""
        host.set_all(self.values)
        return host.state()


@dataclass(frozen=True)
class LoadState:
    """Load one of the plugin's own preset files."""

    data: bytes

    def run(self, host: Host, memory: int | None) -> Array:
        """Return the values `[P]`."""
        host.load_state(self.data)
        return host.values()


@dataclass(frozen=True, eq=False)
class ReadBack:
    """Set all parameters `[P]`, and read them back."""

    values: Array

    def run(self, host: Host, memory: int | None) -> Array:
        """Return the values `[P]` as the plugin reports them."""
        host.set_all(self.values)
        return host.values()


def run(job: Job, host: Host, memory: int | None) -> Reply:
    """Do a job; the reply is ``done`` or ``rejected``."""
    started = time.perf_counter()
    try:
        result = job.run(host, memory)
    except SynthError as error:
        return Reply("rejected", str(error), time.perf_counter() - started)
    return Reply("done", result, time.perf_counter() - started)


def hand_over(memory: int | None, audio: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Write audio `[c, t]` to the start of the shared memory; without one, return it."""
    if memory is None:
        return np.ascontiguousarray(audio, np.float32)
    for channel, samples in enumerate(audio):
        data = np.ascontiguousarray(samples).data.cast("B")
        platform.write_at(memory, data, channel * len(data))
    return None
