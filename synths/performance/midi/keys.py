"""Playback of a MIDI file: the keys pressed, and when their notes end."""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from patchwright.synths.performance.midi.file import merged

_BEAT = 500_000  # µs, until the first tempo of a file
_PEDAL, _SILENCE, _RESET, _RELEASE = 64, 120, 121, 123  # MIDI controller numbers


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
        if control in (_RELEASE, _SILENCE):
            for held in self._held.pop(channel, {}).values():
                for key in held:
                    self._end(key, now)
        if control == _PEDAL and value >= 64:
            self._pedals.add(channel)
        elif control in (_PEDAL, _RESET, _SILENCE):
            self._pedals.discard(channel)
            for key in self._sustained.pop(channel, ()):
                key.ended = now

    def _end(self, key: KeyPress, now: int) -> None:
        if key.channel in self._pedals:
            self._sustained[key.channel].append(key)
        else:
            key.ended = now


def play(file: Any) -> tuple[list[KeyPress], int]:
    """Play a MIDI file.

    Args:
        file: A `mido.MidiFile` from `load`.

    Returns:
        Keys in order of their presses, and the time at which the file ends.
    """
    boards = Keyboards()
    beat, now, then = _BEAT, 0, 0
    for tick, track, message in merged(file):
        now += (tick - then) * beat
        then = tick
        if message.type == "set_tempo":
            beat = message.tempo
        elif message.type == "control_change":
            boards.control(message.channel + 1, message.control, message.value, now)
        elif message.type == "note_on" and message.velocity:
            key = KeyPress(
                track=track,
                channel=message.channel + 1,
                pitch=message.note,
                velocity=message.velocity,
                beat=beat,
                begun=now,
            )
            boards.press(key)
        elif message.type in ("note_on", "note_off"):
            boards.release(track, message.channel + 1, message.note, now)
    return boards.keys, now
