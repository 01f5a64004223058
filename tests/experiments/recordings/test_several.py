"""Notes of one instrument, and the names of their files."""

import numpy as np
import pytest
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.named_note import note_in_name
from patchwright.experiments.recordings.several import MOST, read_notes

SR = 22_050


@pytest.mark.parametrize(
    ("name", "pitch"),
    [
        ("c4", 60),
        ("C-1", 0),
        ("Cello_Bb2_ff", 46),
        ("pianoF#3", 54),
        ("Cs4-take2", 61),
        ("bass_c2_bright", 36),
        ("midi60", 60),
        ("note_127", 127),
        ("60", 60),
        ("note_200", None),
        ("G9 and A9", None),
        ("take_2", None),
        ("kick808", None),
        ("abc4", None),
        ("mp3", None),
    ],
)
def test_names(name, pitch):
    assert note_in_name(name) == pitch


@pytest.fixture
def read(tmp_path):
    """Write notes by name and pitch in Hz, and read them."""

    def read(sounds):
        for name, f0 in sounds.items():
            time = np.arange(SR // 2) / SR
            wave = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 6))
            soundfile.write(tmp_path / f"{name}.wav", 0.2 * wave, SR)
        return read_notes([tmp_path / f"{name}.wav" for name in sounds], sr=SR)

    return read


def test_a_name_says_the_pitch_and_otherwise_it_is_heard(read):
    named, heard = read({"a3": 219.0, "second": 330.0})
    assert (named.note, heard.note) == (57, 64)
    assert named.cents == pytest.approx(1200 * np.log2(219 / 220), abs=1)
    assert named.warnings == heard.warnings == ()


def test_names_in_which_middle_c_is_c3(read):
    found = read({"a2": 220.0, "e3": 329.6})
    assert [each.note for each in found] == [57, 64]
    assert all("12 semitones higher" in each.warnings[-1] for each in found)


def test_a_name_that_contradicts_the_sound_is_played_and_said(read):
    found = read({"a3": 220.0, "pad_b2": 329.6})
    assert [each.note for each in found] == [57, 47]
    assert found[0].warnings == ()
    assert "sounds like E4" in found[1].warnings[-1]
    assert found[1].cents == pytest.approx(1700, abs=3)


def test_too_many(tmp_path):
    with pytest.raises(ExperimentError, match=f"up to {MOST}"):
        read_notes([tmp_path / "a.wav"] * (MOST + 1), sr=SR)
