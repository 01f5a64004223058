"""MIDI files on disk: checked before and after mido parses them."""

import io
import re
from pathlib import Path
from typing import Any

import mido

from patchwright.synths.errors import SynthError

DRUMS = 10  # the channel, counted from 1
MAX_BYTES = 2**21  # of a file: mido needs 150 times as much memory
_LONGEST_DELTA = 2**28  # ticks: numbers in the standard have four bytes of seven bits
# mido reads numbers of any length, in a time that is quadratic in the length
_ENDLESS = re.compile(rb"[\x80-\xff]{4096}")
_DAMAGES = (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError)


def load(path: Path) -> Any:
    """Read a MIDI file of format 0 or 1 that counts time in ticks per beat.

    Args:
        path: Regular file of up to 2 MiB.

    Returns:
        A `mido.MidiFile` with tempos above 0 and message times below 2**28 ticks.

    Raises:
        SynthError: If the file does not exist, or is too large, damaged or of another format.
    """
    try:
        if not path.is_file():
            raise SynthError(f"There is no MIDI file {path}: give the path of one.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise SynthError(f"{path} is larger than {MAX_BYTES:,} bytes: export fewer tracks or bars.")
    damaged = f"{path} is not a MIDI file, or is damaged: export it again."
    if _ENDLESS.search(data):
        raise SynthError(damaged)
    try:
        file = mido.MidiFile(file=io.BytesIO(data))
    except _DAMAGES as error:
        raise SynthError(damaged) from error
    if file.type not in (0, 1):
        raise SynthError(f"{path} has MIDI format {file.type}: export it as format 0 or 1.")
    if file.ticks_per_beat < 0:
        raise SynthError(f"{path} counts time in film frames: export it with ticks per beat.")
    messages = (message for track in file.tracks for message in track)
    if file.ticks_per_beat == 0 or not all(map(_is_valid, messages)):
        raise SynthError(damaged)
    return file


def merged(file: Any) -> list[tuple[int, int, Any]]:
    """Merge the messages of all tracks in order of time, tempo changes first.

    Args:
        file: A `mido.MidiFile`.

    Returns:
        One tuple per message: time in ticks from the start, number of the track from 1, message.
    """
    places = []
    for number, track in enumerate(file.tracks, 1):
        tick = 0
        for message in track:
            tick += message.time
            places.append((tick, number, message))
    places.sort(key=lambda place: (place[0], place[2].type != "set_tempo"))
    return places


def _is_valid(message: Any) -> bool:
    if message.type == "set_tempo" and message.tempo == 0:
        return False
    return bool(message.time < _LONGEST_DELTA)
