"""Playback of a MIDI file: the keys pressed, and when their notes end."""

from collections import defaultdict, deque
from dataclasses import dataclass

from patchwright.synths.performance.midi.file import MidiFile
from patchwright.synths.performance.midi.track import (
    CONTROL,
    PEDAL,
    RELEASE,
    RELEASE_ALL,
    RESET,
    SILENCE,
    TEMPO,
)

_BEAT = 500_000  # µs, until the first tempo of a file


@dataclass(kw_only=True)
class KeyPress:
    """A key press and its release.

    Times are whole numbers of microseconds times the file's ticks per beat, so that sums over
    tempo changes are exact.

    Attributes:
        track: Number of the track, from 1.
        channel: Number of the channel, from 1.
        pitch: MIDI pitch, 0 to 127.
        velocity: MIDI velocity, 1 to 127.
        beat: Length of a beat at the press, in microseconds.
        begun: Time of the press.
        ended: Time at which neither the key nor the pedal holds the note; None while it sounds.
    """

    track: int
    channel: int
    pitch: int
    velocity: int
    beat: int
    begun: int
    ended: int | None = None


class Keyboards:
    """State of the keys and sustain pedals of all channels."""

    def __init__(self) -> None:
        self.keys: list[KeyPress] = []
        self._held: dict[int, dict[tuple[int, int], deque[KeyPress]]] = defaultdict(dict)
        self._sustained: dict[int, list[KeyPress]] = defaultdict(list)
        self._pedals: set[int] = set()

    def press(self, key: KeyPress) -> None:
        """Press a key, which may already be down."""
        self.keys.append(key)
        self._held[key.channel].setdefault((key.track, key.pitch), deque()).append(key)

    def release(self, track: int, channel: int, pitch: int, now: int) -> None:
        """Release the oldest press of a key, if there is one."""
        held = self._held[channel].get((track, pitch))
        if held:
            self._end(held.popleft(), now)

    def control(self, channel: int, control: int, value: int, now: int) -> None:
        """Apply a controller message: sustain pedal, reset, or release of all keys of a channel."""
        if control in (RELEASE_ALL, SILENCE):
            for held in self._held.pop(channel, {}).values():
                for key in held:
                    self._end(key, now)
        if control == PEDAL and value >= 64:
            self._pedals.add(channel)
        elif control in (PEDAL, RESET, SILENCE):
            self._pedals.discard(channel)
            for key in self._sustained.pop(channel, ()):
                key.ended = now

    def _end(self, key: KeyPress, now: int) -> None:
        if key.channel in self._pedals:
            self._sustained[key.channel].append(key)
        else:
            key.ended = now


def play(file: MidiFile) -> tuple[list[KeyPress], int]:
    """Play a MIDI file.

    Args:
        file: Content of the file.

    Returns:
        Keys in order of their presses, and the time at which the file ends.
    """
    boards = Keyboards()
    beat, now, then = _BEAT, 0, 0
    for tick, track, kind, channel, first, second in file.events:
        now += (tick - then) * beat
        then = tick
        if kind == TEMPO:
            beat = first
        elif kind == CONTROL:
            boards.control(channel, first, second, now)
        elif kind == RELEASE:
            boards.release(track, channel, first, now)
        else:
            key = KeyPress(
                track=track, channel=channel, pitch=first, velocity=second, beat=beat, begun=now
            )
            boards.press(key)
    return boards.keys, now + (file.ticks - then) * beat
