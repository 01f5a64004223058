"""What is played: notes, as text and as MIDI files."""

from patchwright.synths.performance.midi import read_midi, write_midi
from patchwright.synths.performance.note_text import notes_text, parse_notes
from patchwright.synths.performance.notes import Note, Performance, pitch_name

__all__ = [
    "Note",
    "Performance",
    "notes_text",
    "parse_notes",
    "pitch_name",
    "read_midi",
    "write_midi",
]
