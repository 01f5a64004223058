"""Reading of MIDI files."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from patchwright.synths.errors import SynthError
from patchwright.synths.notice import warn
from patchwright.synths.performance.midi.file import DRUMS, load
from patchwright.synths.performance.midi.keys import KeyPress, play
from patchwright.synths.performance.notes import MAX_SECONDS, TEMPI, Note, in_order

MAX_NOTES = 10_000
_SLIVER = 0.005  # seconds: a shorter remainder of a note at a cut is not played


@dataclass(frozen=True, kw_only=True)
class MidiNotes:
    """The notes of a MIDI file.

    Attributes:
        notes: One or more notes, sorted as in a performance.
        tempo: Tempo at the first note, in beats per minute; within 4 to 999, with a warning if
            the file's is not.
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
    """Read the notes of a MIDI file of format 0 or 1, plain or in RIFF.

    Times follow the file's tempo changes exactly. A key pressed twice before its release makes two
    notes, and the first release ends the older one; a release applies to its own track only. The
    sustain pedal holds the notes of its channel, on all tracks. A key that is never released ends
    with the file. Notes without length are left out. What is wrong in the file but does not concern
    the notes is left out with a warning.

    Args:
        path: MIDI file of up to 2 MiB.
        channels: Channels to play, from 1; if empty, all but 10 (drums).
        tracks: Tracks to play, counted from 1 and including those without notes; all if empty.
        start: Time to skip, in seconds. A note that sounds at this time begins there.
        length: Time to read from `start`, in seconds, up to 600. A note that sounds at the end is
            released there. Of notes cut at either end, remainders below 5 ms are left out.

    Returns:
        Up to 10,000 notes with onsets relative to `start`, and the tempo.

    Raises:
        SynthError: If the file cannot be read, is damaged (the message names the byte, counted
            from 0), has format 2, film frames or more than 200,000 events of notes; if there
            are no notes, too many, or they last too long; or if an option is out of range.

    Examples:
        >>> import tempfile
        >>> from patchwright.synths import Note, write_midi
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "notes.mid"
        ...     write_midi(path, [Note(pitch=60, duration=0.5)], tempo=120)
        ...     midi = read_midi(path)
        >>> midi.notes, midi.tempo
        ((Note(pitch=60, velocity=100, onset=0.0, duration=0.5),), 120.0)
    """
    path = Path(path)
    if not 0 <= start < math.inf:
        raise SynthError(f"A MIDI file cannot be read from {start} s: give 0 s or later.")
    if length is not None and not 0 < length <= MAX_SECONDS:
        raise SynthError(f"{length} s of a MIDI file cannot be read: give up to {MAX_SECONDS:g} s.")
    file = load(path)
    second = 1_000_000 * file.ticks_per_beat  # one second, in the unit of `KeyPress`
    keys, end = play(file)
    chosen = [key for key in keys if _is_chosen(key, channels, tracks)]
    if not chosen:
        raise SynthError(f"{path} has no notes to play: {_places(keys)}.")

    first = round(Fraction(start) * second)
    last = end if length is None else min(end, first + round(Fraction(length) * second))
    spans = _cut(chosen, first, last, end, sliver=round(_SLIVER * second))
    if not spans:
        raise SynthError(
            f"{path} has no notes in that range: choose one between "
            f"{min(key.begun for key in chosen) / second:g} s and "
            f"{max(_ended(key, end) for key in chosen) / second:g} s."
        )
    seconds = (max(span[1] for span in spans) - first) / second
    if seconds > MAX_SECONDS or len(spans) > MAX_NOTES:
        raise SynthError(
            f"{path} has {len(spans)} notes in {seconds:g} s, more than {MAX_NOTES} notes or "
            f"{MAX_SECONDS:g} s: give a start and a length."
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
    return MidiNotes(notes=in_order(notes), tempo=_limited(path, tempo))


def _limited(path: Path, tempo: float) -> float:
    limited = min(max(tempo, TEMPI[0]), TEMPI[1])
    if limited != tempo:
        warn(
            f"{path} has a tempo of {tempo:.4g} beats per minute: its notes keep their times, and "
            f"plugins that follow a tempo get {limited:g}, unless another is given."
        )
    return limited


def _is_chosen(key: KeyPress, channels: Collection[int], tracks: Collection[int]) -> bool:
    on_channel = key.channel in channels if channels else key.channel != DRUMS
    return on_channel and (not tracks or key.track in tracks)


def _cut(
    keys: list[KeyPress], first: int, last: int, end: int, *, sliver: int
) -> list[tuple[int, int, KeyPress]]:
    """Return begin and end of each key that sounds between `first` and `last`, cut to that range.

    Cut remainders shorter than `sliver` are left out.
    """
    spans = []
    for key in keys:
        begun, ended = max(key.begun, first), min(_ended(key, end), last)
        least = min(_ended(key, end) - key.begun, sliver)
        if ended > begun and ended - begun >= least:
            spans.append((begun, ended, key))
    return spans


def _ended(key: KeyPress, end: int) -> int:
    return end if key.ended is None else key.ended


def _places(keys: list[KeyPress]) -> str:
    """Name the tracks and channels that have notes, for an error message."""
    places = sorted({(key.track, key.channel) for key in keys})
    if not places:
        return "choose another file"
    named = [f"track {track} (channel {channel})" for track, channel in places[:8]]
    return "choose from " + ", ".join(named) + (", …" if places[8:] else "")
