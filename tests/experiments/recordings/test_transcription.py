"""Notes heard in phrases; Basic Pitch itself is optional."""

import importlib.util

import numpy as np
import pytest
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.midi.compose import PHRASES
from patchwright.experiments.recordings import transcription
from patchwright.experiments.recordings.note_events import NoteEvent, note_events
from patchwright.experiments.recordings.transcription import transcribe
from patchwright.synths import Performance
from patchwright.synths.builtin import Subtractive

SR = 22_050
installed = pytest.mark.skipif(
    transcription._installed_file() is None,
    reason="basic-pitch is missing: pip install --no-deps basic-pitch==0.4.0",
)


def activations(*notes):
    """Onsets and frames `[200, 88]` of notes, each with its first frame, end and column."""
    onsets, frames = np.zeros((200, 88)), np.zeros((200, 88))
    for first, stop, column in notes:
        onsets[first, column] = 0.9
        frames[first:stop, column] = 0.8
    return onsets, frames


def test_notes_begin_at_onsets_and_end_where_they_fade():
    notes = [(10, 60, 30), (10, 90, 34), (60, 120, 30)]
    assert note_events(*activations(*notes)) == [NoteEvent(*note) for note in sorted(notes)]


def test_short_gaps_belong_to_a_note_and_short_notes_are_left_out():
    onsets, frames = activations((10, 100, 30), (120, 131, 50))
    frames[40:50, 30] = 0.1  # shorter than the pause that ends a note
    onsets[50:52, 30] = frames[50:52, 30] = 0.4
    frames[52:100, 30] = 0.45
    assert note_events(onsets, frames) == [NoteEvent(10, 100, 30)]


def test_notes_without_an_onset_and_the_semitones_beside_a_note():
    onsets, frames = activations()
    ramp = np.concatenate([np.linspace(0, 0.9, 40), np.linspace(0.9, 0, 40)])
    frames[20:100, 40] = ramp
    onsets[0, 0] = 0.2  # too little for an onset anywhere
    frames[30:90, 41] = 0.35
    (found,) = note_events(onsets, frames)
    assert found.column == 40
    assert (found.first, found.stop) == pytest.approx((34, 86), abs=2)
    assert note_events(*activations()) == []


def test_without_the_package_the_mend_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExperimentError, match=r"--no-deps basic-pitch.*--notes"):
        transcribe(tmp_path / "phrase.wav")


@installed
def test_most_notes_of_phrases_are_heard(tmp_path):
    values = Subtractive.space.values([{"filter_cutoff": 2500.0, "amp_release": 0.05}])
    played = found = false = 0
    for phrase, notes in PHRASES.items():
        audio = Subtractive().render(values, Performance.of(notes, tail=0.5)).audio[0]
        soundfile.write(tmp_path / f"{phrase}.wav", audio.T, 44_100)
        heard = transcribe(tmp_path / f"{phrase}.wav")
        hits = sum(
            any(note.pitch == each.pitch and abs(note.onset - each.onset) < 0.05 for each in heard)
            for note in notes
        )
        played, found, false = played + len(notes), found + hits, false + len(heard) - hits
    assert played == 42
    assert found >= 37
    assert false <= 16
    later = transcribe(tmp_path / "chorale.wav", start=1.5)
    assert {note.pitch for note in later} >= {48, 55, 64, 72}


@installed
def test_a_tenth_of_a_second_holds_no_note(tmp_path):
    soundfile.write(tmp_path / "a.wav", 0.3 * np.sin(np.arange(SR // 10) / 8), SR)
    with pytest.raises(ExperimentError, match="--notes"):
        transcribe(tmp_path / "a.wav")
