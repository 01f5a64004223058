"""MIDI files, read to notes and written from them."""

from patchwright.synths.performance.midi.reading import MidiNotes, read_midi
from patchwright.synths.performance.midi.writing import write_midi

__all__ = ["MidiNotes", "read_midi", "write_midi"]
