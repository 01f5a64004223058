"""The real line: a MIDI port by mido and python-rtmidi, an audio input by sounddevice."""

import importlib
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError
from patchwright.synths.hardware.line import Event, Listener, Take

INSTALLATION = "pip install 'patchwright[hardware]'"
_RATES = (44_100, 48_000, 88_200, 96_000)
_LATE = 5.0  # seconds for which an input may stay away
_SEQUENCER = Path("/dev/snd/seq")


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SynthError(
            f"Hardware synths need python-rtmidi and sounddevice: {INSTALLATION}."
        ) from error
    except OSError as error:  # sounddevice brings no PortAudio for Linux
        raise SynthError(
            "sounddevice finds no PortAudio: install it, on Debian by 'apt install libportaudio2'."
        ) from error


def output_ports() -> dict[str, str]:
    """Return the API of each MIDI output, by its name.

    Raises:
        SynthError: If python-rtmidi is missing.
    """
    _package("rtmidi")
    backend = importlib.import_module("mido.backends.rtmidi")
    found: dict[str, str] = {}
    for api in backend.get_api_names():
        if api == "LINUX_ALSA" and sys.platform == "linux" and not _SEQUENCER.exists():
            continue  # it would only print that
        try:
            devices = backend.get_devices(api=api)
        except Exception:  # noqa: BLE001, S112  # rtmidi's own errors, of a system that does not run
            continue
        for device in devices:
            if device["is_output"]:
                found.setdefault(device["name"], api)
    return found


def find_port(name: str) -> tuple[str, str]:
    """Return the full name and the API of the MIDI output with a name, or a part of one.

    Raises:
        SynthError: If there is none, or several; the message lists them.
    """
    ports = output_ports()
    if name in ports:
        return name, ports[name]
    found = [port for port in ports if name.casefold() in port.casefold()] if name else []
    if len(found) == 1:
        return found[0], ports[found[0]]
    listed = ", ".join(found or ports) or "none: connect the synth and switch it on"
    fault = "There are several MIDI outputs" if found else "There is no MIDI output"
    raise SynthError(f"{fault} called {name!r}; they are {listed}.")


def input_names() -> list[str]:
    """Return the names of the audio inputs.

    Raises:
        SynthError: If sounddevice or PortAudio is missing.
    """
    return [device["name"] for _, device in _inputs()]


def _inputs() -> list[tuple[int, Any]]:
    devices = enumerate(_package("sounddevice").query_devices())
    return [(number, device) for number, device in devices if device["max_input_channels"] > 0]


def _find_input(name: str | None) -> tuple[int, Any]:
    inputs = _inputs()
    names = ", ".join(dict.fromkeys(device["name"] for _, device in inputs))
    if name is None:
        number = _package("sounddevice").default.device[0]
        found = [each for each in inputs if each[0] == number]
    else:
        found = [each for each in inputs if each[1]["name"] == name]
        found = found or [e for e in inputs if name.casefold() in e[1]["name"].casefold()]
    if not found:
        raise SynthError(
            f"There is no audio input called {name!r}; they are "
            f"{names or 'none: connect an audio interface'}."
            if name is not None
            else "There is no default audio input: "
            + (f"name one with --input ({names})." if names else "connect an audio interface.")
        )
    return found[0]  # the systems of a computer list the same input again


class PortLine:
    """Line of a MIDI port and an audio input; see `patchwright.synths.hardware.line.Line`.

    Args:
        port: Name of the MIDI output, or a part of it.
        input: Name of the audio input, or a part of it; the default one if None.
        inputs: Numbers of the channels of the input to record, from 1; the first two, or the only
            one, if None.

    Raises:
        SynthError: If there is no such port or input.
    """

    def __init__(
        self, port: str, input: str | None = None, inputs: Sequence[int] | None = None
    ) -> None:
        self.port, api = find_port(port)
        self._device, device = _find_input(input)
        self.input: str = device["name"]
        there: int = device["max_input_channels"]
        self._inputs = list(inputs or range(1, min(there, 2) + 1))
        if min(self._inputs) < 1 or max(self._inputs) > there:
            raise SynthError(
                f"{self.input} has {there} channels: record some of 1 to {there}, not "
                f"{', '.join(map(str, self._inputs))}."
            )
        self.channels = len(self._inputs)
        self._places = [number - 1 for number in self._inputs]
        self._stream: Any = None
        self._sr = 0
        self._listener: Listener | None = None
        backend = importlib.import_module("mido.backends.rtmidi")
        try:
            self._out = backend.Output(self.port, api=api)
        except Exception as error:  # rtmidi's own errors
            raise SynthError(
                f"The MIDI port {self.port} cannot be opened ({error}): close other programs that "
                "use it."
            ) from error
        self._message = importlib.import_module("mido").Message.from_bytes

    def check(self, sr: int) -> None:
        """Refuse a sample rate that the input cannot record."""
        if not self._records(sr):
            usable = [str(rate) for rate in _RATES if self._records(rate)]
            mend = f"give --set sr={usable[0]}" if usable else "close other programs that use it"
            raise SynthError(
                f"{self.input} cannot record {self.channels} channels at {sr} Hz (it can "
                f"{', '.join(usable) or 'none'}): {mend}."
            )

    def _records(self, sr: int) -> bool:
        sounddevice = _package("sounddevice")
        try:
            sounddevice.check_input_settings(
                device=self._device, channels=max(self._inputs), dtype="float32", samplerate=sr
            )
        except (sounddevice.PortAudioError, ValueError):
            return False
        return True

    def send(self, messages: Iterable[bytes], gap: float) -> None:
        """Send messages, with a gap in seconds between two."""
        for message in messages:
            self._send(message)
            time.sleep(gap)

    def _send(self, message: bytes) -> None:
        self._out.send(self._message(message))

    def rest(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def record(
        self, events: Iterable[Event], samples: int, sr: int, *, quiet: float, patience: float
    ) -> Take:
        """Record while events are sent."""
        self._open(sr)
        listener = Listener(
            events,
            samples,
            self.channels,
            sr,
            quiet=quiet,
            patience=patience,
            send=self._send,
        )
        self._listener = listener
        try:
            if not listener.done.wait(patience + samples / sr + _LATE):
                raise SynthError(
                    f"No more audio comes from {self.input}: connect it again, and resume."
                )
        finally:
            self._listener = None
        return listener.take()

    def _open(self, sr: int) -> None:
        """Open the stream of a sample rate, which runs from then on."""
        if self._stream is not None and self._sr == sr:
            return
        self._close_stream()
        sounddevice = _package("sounddevice")
        try:
            self._stream = sounddevice.InputStream(
                samplerate=sr,
                device=self._device,
                channels=max(self._inputs),
                dtype="float32",
                latency="low",
                callback=self._hear,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise SynthError(
                f"{self.input} cannot be recorded ({error}): close other programs that use it."
            ) from error
        self._sr = sr

    def _hear(self, block: NDArray[np.float32], frames: int, times: object, flags: Any) -> None:
        if (listener := self._listener) is not None:
            listener.hear(block.T[self._places], gap=bool(flags.input_overflow))

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        """Release the port and the input."""
        self._close_stream()
        self._out.close()
