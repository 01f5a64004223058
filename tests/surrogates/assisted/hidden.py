"""A target that a preset of the tiny synth makes."""

import numpy as np

from patchwright.synths import Note, Performance
from tests.surrogates.tiny import LENGTH, NOTES, SR, TinySynth

SUBSPACE = TinySynth.space.lock({"fault": "none"})
NOTE = Note(pitch=NOTES.pitch[0], velocity=NOTES.velocity[0], duration=NOTES.duration[0])
PERFORMANCE = Performance(notes=(NOTE,), length=LENGTH, sr=SR)
HIDDEN = SUBSPACE.decode(np.array([[0.7, 0.4, 0.625, 0.25, 0.75]]))
TARGET = TinySynth().render(HIDDEN, PERFORMANCE).audio[0]
