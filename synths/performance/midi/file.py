"""MIDI files as they lie on the disk: read with care, whatever is in them."""

import io
import re
from pathlib import Path
from typing import Any

import mido

from patchwright.synths.errors import SynthError

DRUMS = 10  # the channel, counted from 1
MAX_BYTES = 2**21  # of a file: mido takes 150 times as much memory
_LONGEST_DELTA = 2**28  # ticks; the standard's numbers have four bytes of seven bits
# mido reads a number with any count of bytes, in a time that grows with the square of it
_ENDLESS = re.compile(rb"[\x80-\xff]{4096}")
_DAMAGES = (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError)


def load(path: Path) -> Any:
    """Read a MIDI file of format 0 or 1 whose times are in ticks of a beat.

    Args:
        path: A regular file.

    Returns:
        A `mido.MidiFile`. Its tempos are above 0 and the times of its messages below 2**28 ticks.

    Raises:
        SynthError: If there is no such file, or it is too large, damaged or of another format.
    """
    try:
        if not path.is_file():
            raise SynthError(f"There is no MIDI file {path}: give the path of one.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise SynthError(f"{path} is larger than {MAX_BYTES} bytes: export fewer tracks or bars.")
    damaged = f"{path} is no MIDI file, or damaged: export it again."
    if _ENDLESS.search(data):
        raise SynthError(damaged)
    try:
        file = mido.MidiFile(file=io.BytesIO(data))
    except _DAMAGES as error:
        raise SynthError(damaged) from error
    if file.type not in (0, 1):
        raise SynthError(f"{path} is of MIDI format {file.type}: export it as format 0 or 1.")
    if file.ticks_per_beat < 0:
        raise SynthError(f"{path} counts time in film frames: export it with ticks a beat.")
    messages = (message for track in file.tracks for message in track)
    if file.ticks_per_beat == 0 or not all(map(_makes_sense, messages)):
        raise SynthError(damaged)
    return file


def merged(file: Any) -> list[tuple[int, int, Any]]:
    """Put the messages of all tracks in the order of time, tempo changes first.

    Args:
        file: A `mido.MidiFile`.

    Returns:
        For each message: ticks from the start of the file, the track's number from 1, and itself.
    """
    places = []
    for number, track in enumerate(file.tracks, 1):
        tick = 0
        for message in track:
            tick += message.time
            places.append((tick, number, message))
    places.sort(key=lambda place: (place[0], place[2].type != "set_tempo"))
    return places


def _makes_sense(message: Any) -> bool:
    if message.type == "set_tempo" and message.tempo == 0:
        return False
    return bool(message.time < _LONGEST_DELTA)
