"""Writing of MIDI files."""

import io
import math
from collections.abc import Iterable
from pathlib import Path

from patchwright.synths.errors import SynthError
from patchwright.synths.performance.midi.file import DRUMS
from patchwright.synths.performance.notes import MAX_SECONDS, Note, check_tempo, in_order

_TICKS = 960  # per beat
_SHORTEST_BEAT = 60_061  # µs: rounded up, so that a tempo of 999 is not read back as more
_CHANNELS = tuple(channel for channel in range(1, 17) if channel != DRUMS)


def write_midi(path: str | Path, notes: Iterable[Note], *, tempo: float = 120.0) -> None:
    """Write notes as a MIDI file of format 0, with 960 ticks per beat.

    Notes are on channel 1. A note that ends before an older one of the same pitch is on the next
    channel, because one channel cannot tell which of the two ends.

    Args:
        path: File to write or replace.
        notes: One or more notes, in any order.
        tempo: Tempo in beats per minute, 4 to 999.

    Raises:
        SynthError: If there is no note, a note ends after 600 s, the tempo is out of range, more
            than 15 notes of one pitch are nested, or the file cannot be written.

    Examples:
        >>> import tempfile
        >>> from patchwright.synths import parse_notes
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_midi(f"{folder}/chord.mid", parse_notes("C4+E4+G4:2"), tempo=90)
    """
    import mido  # here, because plugins' processes write no files

    beat = max(round(60e6 / check_tempo(tempo)), _SHORTEST_BEAT)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=beat)])
    now = 0
    for tick, press, channel, note in _events(in_order(notes), 1e6 * _TICKS / beat):
        message = mido.Message(
            "note_on" if press else "note_off",
            channel=channel - 1,
            note=note.pitch,
            velocity=note.velocity if press else 0,
            time=tick - now,
        )
        track.append(message)
        now = tick
    stream = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=_TICKS, tracks=[track]).save(file=stream)
    try:
        Path(path).write_bytes(stream.getvalue())
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.") from error


def _events(notes: tuple[Note, ...], rate: float) -> list[tuple[int, bool, int, Note]]:
    """List events (tick, whether pressed, channel, note) at `rate` ticks per second."""
    if not notes:
        raise SynthError("There are no notes to write: give at least one.")
    spans = []
    for note in notes:
        if note.end > MAX_SECONDS:
            raise SynthError(f"A note ends at {note.end:g} s: notes must end by {MAX_SECONDS:g} s.")
        begin, end = round(note.onset * rate), round(note.end * rate)
        if begin == end:  # shorter than a tick: lengthened to the tick in which it begins
            begin = math.floor(note.onset * rate)
            end = begin + 1
        spans.append((begin, end, note))
    ends: dict[tuple[int, int], int] = {}  # end of the last note, by channel and pitch
    events = []
    spans.sort(key=lambda span: (*span[:2], span[2].pitch, span[2].velocity))
    for begin, end, note in spans:
        free = (n for n in _CHANNELS if ends.get((n, note.pitch), 0) <= end)
        channel = next(free, None)
        if channel is None:
            raise SynthError("More than 15 notes of one pitch are nested: leave some out.")
        ends[channel, note.pitch] = end
        events += [(begin, True, channel, note), (end, False, channel, note)]
    return sorted(events, key=lambda event: event[:2])  # releases before presses
