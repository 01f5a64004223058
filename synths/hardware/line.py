"""The line to a hardware synth: messages go out, audio comes back, in real time."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.performance.notes import Performance

_CALM = 0.05  # seconds without sound before a recording begins
_NOTE_OFF, _NOTE_ON = 0x80, 0x90


@dataclass(frozen=True, order=True)
class Event:
    """A message that is sent during a recording.

    Attributes:
        seconds: Time from the start of the recording.
        message: Bytes of the message.
    """

    seconds: float
    message: bytes


@dataclass(frozen=True, eq=False)
class Take:
    """A recording.

    Attributes:
        audio: Audio `[c, t]`, float32, from the moment when the first events were sent.
        gaps: Whether the computer was too slow, and parts are missing.
        restless: Whether the synth still sounded when the recording began.
    """

    audio: NDArray[np.float32]
    gaps: bool = False
    restless: bool = False


class Line(Protocol):
    """Way to a hardware synth and back.

    Attributes:
        port: Name of the MIDI port.
        input: Name of the audio input.
        channels: Channels that are recorded.
    """

    port: str
    input: str
    channels: int

    def check(self, sr: int) -> None:
        """Refuse a sample rate that the input cannot record.

        Raises:
            SynthError: With the rates of the input, if they are known.
        """
        ...

    def send(self, messages: Iterable[bytes], gap: float) -> None:
        """Send messages, with a gap in seconds between two."""
        ...

    def rest(self, seconds: float) -> None:
        """Wait."""
        ...

    def record(
        self, events: Iterable[Event], samples: int, sr: int, *, quiet: float, patience: float
    ) -> Take:
        """Record while events are sent.

        Args:
            events: Events, in any order.
            samples: Length of the recording.
            sr: Sample rate in Hz.
            quiet: Peak up to which the synth is silent: the recording begins when it is.
            patience: Seconds after which it begins nevertheless.

        Raises:
            SynthError: If the port or the input is gone.
        """
        ...

    def close(self) -> None:
        """Release the port and the input."""
        ...


def note_events(performance: Performance, channel: int) -> list[Event]:
    """Return the notes of a performance as events, releases before presses of the same moment."""
    events = []
    for note in performance.notes:
        press = bytes([_NOTE_ON + channel - 1, note.pitch, note.velocity])
        release = bytes([_NOTE_OFF + channel - 1, note.pitch, 0])
        events += [Event(note.onset, press), Event(note.end, release)]
    return sorted(event for event in events if event.seconds < performance.length)


class Listener:
    """One recording in the making: takes blocks of audio, and sends events by their clock.

    So the time between a note and its sound is the same in every recording, whatever the computer
    does besides; events are on time to half a block.

    Args:
        events: Events to send.
        samples: Length of the recording.
        channels: Number of channels.
        sr: Sample rate in Hz.
        quiet: Peak up to which the synth is silent.
        patience: Seconds to wait for silence.
        send: Sends a message.

    Attributes:
        done: Set when the recording is whole.
    """

    def __init__(
        self,
        events: Iterable[Event],
        samples: int,
        channels: int,
        sr: int,
        *,
        quiet: float,
        patience: float,
        send: Callable[[bytes], None],
    ) -> None:
        self.done = threading.Event()
        self._events = deque(sorted(events))
        self._audio = np.zeros((channels, samples), np.float32)
        self._sr, self._quiet, self._send = sr, quiet, send
        self._calm = self._waited = self._at = 0
        self._patience = round(patience * sr)
        self._begun = self._gaps = self._restless = False

    def hear(self, block: NDArray[np.float32], *, gap: bool) -> None:
        """Take the next block `[c, n]`; `gap` says whether audio is missing before it."""
        n = block.shape[1]
        if not self._begun:
            self._wait(block)
            return
        now = self._at + n / 2
        while self._events and self._events[0].seconds * self._sr <= now:
            self._send(self._events.popleft().message)
        kept = min(n, self._audio.shape[1] - self._at)
        self._audio[:, self._at : self._at + kept] = block[:, :kept]
        self._gaps |= gap
        self._at += kept
        if self._at == self._audio.shape[1]:
            for event in self._events:
                self._send(event.message)
            self.done.set()

    def _wait(self, block: NDArray[np.float32]) -> None:
        n = block.shape[1]
        self._waited += n
        self._calm = self._calm + n if np.abs(block).max(initial=0.0) <= self._quiet else 0
        if self._calm >= _CALM * self._sr:
            self._begun = True
        elif self._waited >= self._patience:
            self._begun = self._restless = True

    def take(self) -> Take:
        """Return the recording, once it is done."""
        return Take(self._audio, self._gaps, self._restless)
