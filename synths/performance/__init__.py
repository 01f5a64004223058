"""Performances: notes, their text, and MIDI files."""

from patchwright.synths.performance.dry import DrySound
from patchwright.synths.performance.midi import MidiNotes, read_midi, write_midi
from patchwright.synths.performance.note_text import notes_text, parse_notes, parse_pitch
from patchwright.synths.performance.notes import (
    Note,
    Performance,
    in_order,
    midi_to_hz,
    pitch_name,
)

__all__ = [
    "DrySound",
    "MidiNotes",
    "Note",
    "Performance",
    "in_order",
    "midi_to_hz",
    "notes_text",
    "parse_notes",
    "parse_pitch",
    "pitch_name",
    "read_midi",
    "write_midi",
]
