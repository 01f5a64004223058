"""Tracks of MIDI files: the events that notes and their times depend on.

The format is that of "Standard MIDI Files 1.0" (MMA, 1988). Events without effect on the notes are
skipped, whatever they hold.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

MAX_EVENTS = 200_000  # of a track, as far as they concern notes
_MAX_DOUBTS = 3  # that are told
PRESS, RELEASE, CONTROL, TEMPO = 0x90, 0x80, 0xB0, 0x51
PEDAL, SILENCE, RESET, RELEASE_ALL = 64, 120, 121, 123  # MIDI controller numbers
_CONTROLS = frozenset((PEDAL, SILENCE, RESET, RELEASE_ALL))
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}
_SYSEX, _ESCAPE, _META, _END = 0xF0, 0xF7, 0xFF, 0x2F
_LONGEST = 4  # bytes of a number
# lengths in bytes that the standard gives to meta events
_META_LENGTHS = {
    0x00: ("sequence number", (0, 2)),
    0x20: ("channel prefix", (1,)),
    0x21: ("port", (1,)),
    TEMPO: ("tempo", (3,)),
    0x54: ("SMPTE offset", (5,)),
    0x58: ("time signature", (4,)),
    0x59: ("key signature", (2,)),
}


class DamageError(Exception):
    """A place from which a file is unclear.

    Attributes:
        at: Offset in the file, in bytes.
        reason: What is wrong there.
    """

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


class Event(NamedTuple):
    """One event.

    Attributes:
        tick: Time from the start, in ticks.
        track: Number of the track, from 1.
        kind: `PRESS`, `RELEASE`, `CONTROL` or `TEMPO`.
        channel: Number of the channel, from 1; 0 for tempos.
        first: MIDI pitch, controller number, or length of a beat in microseconds.
        second: Velocity or controller value; 0 for tempos.
    """

    tick: int
    track: int
    kind: int
    channel: int
    first: int
    second: int


@dataclass(kw_only=True)
class Track:
    """A track that was read.

    Attributes:
        events: Events in order of time.
        ticks: Time of the last event of any kind, in ticks.
        doubts: Sentences about what was left out, without the file's name.
    """

    events: list[Event] = field(default_factory=list)
    ticks: int = 0
    doubts: list[str] = field(default_factory=list)

    def doubt(self, sentence: str) -> None:
        """Note what is left out, unless much was before."""
        if len(self.doubts) < _MAX_DOUBTS:
            self.doubts.append(sentence)


def read_track(data: bytes, at: int, end: int, number: int) -> Track:
    """Read the events of a track.

    Args:
        data: Bytes of the whole file.
        at: Offset of the first event.
        end: Offset of the track's end.
        number: Number of the track, from 1.

    Returns:
        The track.

    Raises:
        DamageError: If an event is not clear, or there are more than `MAX_EVENTS`.
    """
    track, running = Track(), 0
    while at < end:
        begin = at
        if len(track.events) > MAX_EVENTS:
            raise DamageError(at, f"its track has more than {MAX_EVENTS:,} notes and pedals")
        delta, at = _number(data, at, end)
        track.ticks += delta
        _need(at + 1, end, begin)
        status, at = (data[at], at + 1) if data[at] >= 0x80 else (running, at)
        if status < 0x80:
            raise DamageError(at, f"{data[at]:02X} is no event")
        if status < 0xF0:
            running = status
            at = _message(track, number, status, data, at, end)
        elif status == _META:
            kind, at = _meta(track, number, data, at, end)
            if kind == _END:
                break
        else:
            running = running if status >= 0xF8 else 0
            at = _skip(status, data, at, end)
    if any(data[at:end]):
        track.doubt(f"what follows the end of track {number}, at byte {at}, is left out")
    return track


def _message(track: Track, number: int, status: int, data: bytes, at: int, end: int) -> int:
    """Read a channel message with its data bytes at `at`; return the offset of its end."""
    kind = status & 0xF0
    after = at + (1 if kind in (0xC0, 0xD0) else 2)
    _need(after, end, at)
    first, second = data[at], data[after - 1]
    if first > 127 or second > 127:
        wrong = at if first > 127 else after - 1
        raise DamageError(wrong, f"{data[wrong]:02X} is no data byte of a message")
    if kind == PRESS and not second:
        kind = RELEASE
    if kind in (PRESS, RELEASE) or (kind == CONTROL and first in _CONTROLS):
        channel = (status & 0x0F) + 1
        track.events.append(Event(track.ticks, number, kind, channel, first, second))
    return after


def _meta(track: Track, number: int, data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read a meta event with its type at `at`; return the type, and the offset of its end."""
    _need(at + 1, end, at)
    kind, begin = data[at], at - 1
    length, at = _number(data, at + 1, end)
    _need(at + length, end, begin)
    content, at = data[at : at + length], at + length
    name, lengths = _META_LENGTHS.get(kind, ("", (length,)))
    if kind == TEMPO:
        beat = int.from_bytes(content[:3], "big")
        if length < 3 or not beat:
            raise DamageError(begin, "the tempo is invalid")
        track.events.append(Event(track.ticks, number, TEMPO, 0, beat, 0))
    if kind == TEMPO and length > 3:
        track.doubt(f"of the tempo at byte {begin} the first 3 of {length} bytes count")
    elif length not in lengths or (kind == 0x59 and not _is_key(content)):
        track.doubt(f"the {name} at byte {begin} is invalid, and has no effect on notes")
    return kind, at


def _is_key(content: bytes) -> bool:
    """Return whether a key signature has up to seven sharps or flats, and is major or minor."""
    return (content[0] <= 7 or content[0] >= 249) and content[1] <= 1


def _skip(status: int, data: bytes, at: int, end: int) -> int:
    """Return the offset after a system message whose content begins at `at`."""
    after = at
    if status in (_SYSEX, _ESCAPE):
        length, after = _number(data, at, end)
    elif status in _SYSTEM:
        length = _SYSTEM[status]
    else:
        raise DamageError(at - 1, f"{status:02X} is no event")
    _need(after + length, end, at - 1)
    return after + length


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; return it, and the offset of its end."""
    value = 0
    for place in range(at, min(at + _LONGEST, end)):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    _need(at + _LONGEST, end, at)
    raise DamageError(at, f"a number has more than {_LONGEST} bytes")


def _need(after: int, end: int, begin: int) -> None:
    if after > end:
        raise DamageError(begin, "the event is cut short by the end of its track")
