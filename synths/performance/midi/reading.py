"""Reads the notes of a MIDI file."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from patchwright.synths.errors import SynthError
from patchwright.synths.performance.midi.file import DRUMS, load
from patchwright.synths.performance.midi.keys import Key, play
from patchwright.synths.performance.notes import MAX_SECONDS, Note, in_order

MAX_NOTES = 10_000
_SLIVER = 0.005  # s: what is left of a note at a cut, and not played


@dataclass(frozen=True, kw_only=True)
class MidiNotes:
    """What a MIDI file tells to play.

    Attributes:
        notes: At least one, in the order of a performance.
        tempo: Beats a minute when the first of them begins.
    """

    notes: tuple[Note, ...]
    tempo: float


def read_midi(
    path: str | Path,
    *,
    channels: Collection[int] = (),
    tracks: Collection[int] = (),
    start: float = 0.0,
    length: float | None = None,
) -> MidiNotes:
    """Read the notes of a MIDI file of format 0 or 1.

    Times follow the file's tempo changes exactly. A key that is pressed twice before it is
    released is two notes, and the first release ends the older one; a release is looked for in the
    note's own track. The sustain pedal holds the notes of its channel, on all tracks. A key that
    is never released ends with the file. Notes of no length are left out.

    Args:
        path: The file, up to 2 MiB.
        channels: Which to play, counted from 1; all but 10, the drums', if empty.
        tracks: Which to play, counted from 1 with those that have no notes; all if empty.
        start: Seconds to skip. A note that sounds there begins there.
        length: Seconds to read from there, up to 600. A note that sounds at their end is released
            there. Where less than 5 ms of a note are left, it is left out.

    Returns:
        Up to 10,000 notes, their onsets counted from `start`, and the tempo.

    Raises:
        SynthError: If the file cannot be read, is damaged, of format 2 or in film frames; if no
            notes are left, too many, or they last too long; if an option is out of range.
    """
    path = Path(path)
    if not 0 <= start < math.inf:
        raise SynthError(f"A MIDI file is read from 0 s or later, not from {start} s.")
    if length is not None and not 0 < length <= MAX_SECONDS:
        raise SynthError(f"Up to {MAX_SECONDS:g} s of a MIDI file are read, not {length} s.")
    file = load(path)
    second = 1_000_000 * file.ticks_per_beat  # in the unit of the keys' times
    keys, end = play(file)
    chosen = [key for key in keys if _is_chosen(key, channels, tracks)]
    if not chosen:
        raise SynthError(f"{path} has no notes to play: {_places(keys)}.")

    first = round(Fraction(start) * second)
    last = end if length is None else min(end, first + round(Fraction(length) * second))
    spans = []
    for key in chosen:
        begun, ended = max(key.begun, first), min(_ended(key, end), last)
        least = min(_ended(key, end) - key.begun, round(_SLIVER * second))
        if ended > begun and ended - begun >= least:
            spans.append((begun, ended, key))
    if not spans:
        raise SynthError(
            f"{path} has no notes that sound there: choose from those between "
            f"{min(key.begun for key in chosen) / second:g} s and "
            f"{max(_ended(key, end) for key in chosen) / second:g} s."
        )
    seconds = (max(span[1] for span in spans) - first) / second
    if seconds > MAX_SECONDS or len(spans) > MAX_NOTES:
        raise SynthError(
            f"{path} has {len(spans)} notes in {seconds:g} s, which is more than the {MAX_NOTES} "
            f"in {MAX_SECONDS:g} s that can be played: give a start and a length."
        )
    notes = (
        Note(
            pitch=key.pitch,
            velocity=key.velocity,
            onset=(begun - first) / second,
            duration=(ended - begun) / second,
        )
        for begun, ended, key in spans
    )
    tempo = 60e6 / min(spans, key=lambda span: span[0])[2].beat
    return MidiNotes(notes=in_order(notes), tempo=tempo)


def _is_chosen(key: Key, channels: Collection[int], tracks: Collection[int]) -> bool:
    on_channel = key.channel in channels if channels else key.channel != DRUMS
    return on_channel and (not tracks or key.track in tracks)


def _ended(key: Key, end: int) -> int:
    return end if key.ended is None else key.ended


def _places(keys: list[Key]) -> str:
    """Say for people where the notes of a file are."""
    places = sorted({(key.track, key.channel) for key in keys})
    if not places:
        return "choose another file"
    named = [f"track {track} (channel {channel})" for track, channel in places[:8]]
    return "choose from " + ", ".join(named) + (", …" if places[8:] else "")
