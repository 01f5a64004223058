"""The steadiest, loudest note of recordings of which the notes are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.recording import read_recording
from patchwright.experiments.recordings.steady_note import find_steady_note

SR = 22_050
RNG = np.random.default_rng(0)


def note(f0: float, seconds: float, *, peak: float = 0.5, decay: float = 0.0) -> np.ndarray:
    """A note of eight harmonics, `[t]`, with an attack of 20 ms and a release of 0.1 s."""
    time = np.arange(round((seconds + 0.1) * SR)) / SR
    wave = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 9))
    ramp = np.minimum(time / 0.02, 1.0) * np.clip((seconds + 0.1 - time) / 0.1, 0.0, 1.0)
    return peak / 2 * wave * ramp * np.exp(-decay * time)


def recording(path: Path, parts: list[tuple[float, np.ndarray]], seconds: float = 33.0) -> Path:
    """Write sounds at their onsets in seconds over faint noise."""
    audio = 1e-4 * RNG.standard_normal(round(seconds * SR))
    for onset, sound in parts:
        first = round(onset * SR)
        audio[first : first + len(sound)] += sound
    soundfile.write(path, audio, SR)
    return path


def test_the_steadiest_loudest_note_is_read_and_said(tmp_path: Path) -> None:
    trill = np.concatenate([note(f0, 0.0, peak=0.9) for f0 in (440, 494) * 6])
    parts = [
        (1.0, trill),
        (4.0, 0.2 * RNG.standard_normal(2 * SR) * np.linspace(1, 0, 2 * SR)),
        (8.3, note(220.0, 0.4)),  # short
        (12.0, note(330.0, 1.5, peak=0.05)),  # faint
        (17.65, note(262.0, 1.2)),
        (21.0, note(196.0, 1.5) * (1 + 0.8 * np.sin(40 * np.arange(round(1.6 * SR)) / SR))),
        (25.0, note(233.0, 2.0, decay=12.0)),
    ]
    path = recording(tmp_path / "long.wav", parts)
    found = find_steady_note(path)
    assert found.start == pytest.approx(17.65, abs=0.06)
    assert found.length == pytest.approx(1.6, abs=0.15)
    read = read_recording(path, sr=SR)
    assert found.start + read.onset == pytest.approx(17.65, abs=0.02)
    assert read.f0 == pytest.approx(262.0, abs=1.0)
    assert read.duration == pytest.approx(1.2, abs=0.1)
    assert f"--start {found.start:g} --length {found.length:g}" in read.warnings[0]
    again = read_recording(path, sr=SR, start=found.start, length=found.length)
    assert np.array_equal(again.audio, read.audio)


def test_notes_without_silence_between_them(tmp_path: Path) -> None:
    pitches, lengths = (262, 294, 330, 349, 392), (0.3, 0.3, 0.9, 0.3, 0.3)
    melody = [note(f0, seconds) for f0, seconds in zip(pitches, lengths, strict=True)]
    path = recording(tmp_path / "a.wav", [(9.0, np.concatenate(melody))])
    found = find_steady_note(path)
    assert found.notes == 5
    assert found.start == pytest.approx(9.8, abs=0.06)
    assert found.length == pytest.approx(1.0, abs=0.1)


def test_a_recording_without_notes_is_refused(tmp_path: Path) -> None:
    drums = [(k, 0.5 * RNG.standard_normal(500) * np.linspace(1, 0, 500)) for k in range(30)]
    for parts in ([], drums):
        path = recording(tmp_path / "a.wav", parts)
        with pytest.raises(ExperimentError, match="--start and --length"):
            find_steady_note(path)


def test_of_a_phrase_no_note_is_chosen(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", [(1.0, note(262.0, 1.0)), (3.0, note(330.0, 1.0))])
    with pytest.raises(ExperimentError, match="at most 30 s"):
        read_recording(path, sr=SR, whole=True)
