"""MIDI files on disk, read to the events of their tracks."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from patchwright.synths.errors import SynthError
from patchwright.synths.notice import warn
from patchwright.synths.outside_file import read_outside
from patchwright.synths.performance.midi.track import TEMPO, DamageError, Event, read_track

DRUMS = 10  # the channel, counted from 1
MAX_BYTES = 2**21  # of a file
_HEAD = struct.Struct(">4sIHHh")  # MThd, its length, format, tracks, ticks per beat


@dataclass(frozen=True, kw_only=True)
class MidiFile:
    """The content of a MIDI file.

    Attributes:
        ticks_per_beat: Ticks per beat, 1 or more.
        events: Events of all tracks in order of time, tempo changes first.
        ticks: Time at which the file ends, in ticks.
    """

    ticks_per_beat: int
    events: list[Event]
    ticks: int


def load(path: Path) -> MidiFile:
    """Read a MIDI file of format 0 or 1 that counts time in ticks per beat.

    What is wrong but does not concern the notes is left out with a warning.

    Args:
        path: Regular file of up to 2 MiB, plain or in RIFF (``RMID``).

    Returns:
        The content.

    Raises:
        SynthError: If the file does not exist, is too large, is of another format, or is damaged;
            the message names the byte, counted from 0.
    """
    data = read_outside(
        path, kind="a MIDI file", max_bytes=MAX_BYTES, mend="export fewer tracks or bars"
    )
    doubts: list[str] = []
    try:
        file = _read(path, data, doubts)
    except DamageError as damage:
        raise SynthError(
            f"{path} is not a MIDI file, or is damaged at byte {damage.at} ({damage.reason}): "
            "export it again."
        ) from damage
    for doubt in doubts:
        warn(f"{path}: {doubt}.")
    return file


def _read(path: Path, data: bytes, doubts: list[str]) -> MidiFile:
    at, end = _span(data)
    if end - at < _HEAD.size or data[at : at + 4] != b"MThd":
        raise DamageError(at, "there is no MThd")
    _, length, kind, count, ticks_per_beat = _HEAD.unpack_from(data, at)
    if kind not in (0, 1):
        raise SynthError(f"{path} has MIDI format {kind}: export it as format 0 or 1.")
    if ticks_per_beat < 0:
        raise SynthError(f"{path} counts time in film frames: export it with ticks per beat.")
    if ticks_per_beat == 0 or length < _HEAD.size - 8:
        raise DamageError(at, "its header is invalid")
    events: list[Event] = []
    ticks, tracks = 0, _tracks(data, at + 8 + length, end, count, doubts)
    for number, (start, after) in enumerate(tracks, 1):
        track = read_track(data, start, after, number)
        events += track.events
        ticks = max(ticks, track.ticks)
        doubts += track.doubts
    events.sort(key=lambda event: (event.tick, event.kind != TEMPO))
    return MidiFile(ticks_per_beat=ticks_per_beat, events=events, ticks=ticks)


def _span(data: bytes) -> tuple[int, int]:
    """Return the offsets at which the MIDI file begins and ends, inside RIFF if it is there."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return 0, len(data)
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            return at + 8, min(at + 8 + size, len(data))
        at += 8 + size + size % 2
    raise DamageError(12, "the RIFF file has no chunk 'data'")


def _tracks(
    data: bytes, at: int, end: int, count: int, doubts: list[str]
) -> Iterator[tuple[int, int]]:
    """Yield the offsets at which each track begins and ends; chunks of other kinds are skipped."""
    found = 0
    while found < count and at < end:
        if at + 8 > end:
            raise DamageError(at, "a track is cut short")
        name, size = struct.unpack_from(">4sI", data, at)
        if not name.isascii() or not name.decode().isprintable():
            raise DamageError(at, "there is no track")
        after = at + 8 + size
        if after > end:
            raise DamageError(at, f"a track of {size:,} bytes is cut short")
        if name == b"MTrk":
            found += 1
            yield at + 8, after
        at = after
    if found < count:
        if not found:
            raise DamageError(at, f"none of its {count:,} tracks is there")
        doubts.append(f"its header states {count:,} tracks, and it has {found:,}")
    elif any(data[at:end]):
        doubts.append(f"what follows the last track, at byte {at}, is left out")
