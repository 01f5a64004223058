"""Notes from MIDI files, and to them."""

from synths.midi.reading import MidiNotes, read_midi
from synths.midi.writing import write_midi

__all__ = ["MidiNotes", "read_midi", "write_midi"]
