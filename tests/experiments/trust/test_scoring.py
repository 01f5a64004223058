"""`patchwright score`: distances of sound files to a target file."""

import numpy as np
import pytest
import soundfile

from patchwright.experiments.trust.scoring import compare_files, score_files
from patchwright.objectives import OBJECTIVES, View
from patchwright.objectives.metrics import SIMILARITIES

SR = 22_050


@pytest.fixture
def files(tmp_path):
    """A note, the same note in other formats, and at half the level."""
    time = np.arange(SR) / SR
    note = np.exp(-4 * time) * np.sin(2 * np.pi * 440 * time) * 0.8
    for name, samples, sr in (
        ("note.wav", note, SR),
        ("stereo.flac", np.stack([note, note], 1), SR),
        ("padded.wav", np.concatenate([note, np.zeros(500)]), SR),
        ("soft.wav", 0.5 * note, SR),
        ("fast.wav", np.interp(np.arange(2 * SR) / 2, np.arange(SR), note), 2 * SR),
    ):
        subtype = "FLOAT" if name.endswith("wav") else "PCM_24"
        soundfile.write(tmp_path / name, samples, sr, subtype=subtype)
    return tmp_path


def test_all_metrics_of_the_same_sound_in_other_files(files):
    sounds = [files / name for name in ("note.wav", "stereo.flac", "padded.wav")]
    figures = score_files(files / "note.wav", sounds)
    assert set(figures) <= set(OBJECTIVES)
    assert len(figures) >= 14
    for name, row in figures.items():
        same = 1 if name in SIMILARITIES else 0
        assert row[sounds[0]] == pytest.approx(same, abs=1e-6)
        assert row[sounds[1]] == pytest.approx(same, abs=0.1), name


def test_a_view_takes_differences_away(files):
    soft = [files / "soft.wav"]
    plain = score_files(files / "note.wav", soft, ["log_mel"])["log_mel"][soft[0]]
    matched = score_files(files / "note.wav", soft, ["log_mel"], view=View(level="peak"))
    assert plain == pytest.approx(20 * np.log10(2), rel=0.05)
    assert matched["log_mel"][soft[0]] == pytest.approx(0, abs=1e-3)


def test_other_sample_rates_are_resampled(files):
    fast = files / "fast.wav"
    assert score_files(files / "note.wav", [fast], ["sot"])["sot"][fast] < 0.01


def test_of_one_sound_it_is_said_what_differs(files, patchwright):
    note = files / "note.wav"
    assert compare_files(note, files / "soft.wav") == "pitch right; 6.0 dB quieter"
    for same in ("padded.wav", "fast.wav"):
        assert "nothing else that one would hear" in compare_files(note, files / same)
    code, said, _ = patchwright("score", note, files / "soft.wav")
    assert code == 0
    assert said.endswith("What differs: pitch right; 6.0 dB quieter.\n")
    assert "What differs" not in patchwright("score", note, note, note)[1]


def test_the_command_prints_a_table(files, patchwright):
    code, said, _ = patchwright(
        "score", files / "note.wav", files / "soft.wav", "--objective", "mss", "--level", "peak"
    )
    assert code == 0
    assert "mss" in said
    assert "soft.wav" in said


def test_what_is_doubtful_in_a_file_is_said_once(files, patchwright, caplog):
    whole = (files / "soft.wav").read_bytes()
    halved = files / "halved.wav"
    halved.write_bytes(whole[: len(whole) // 2])
    assert patchwright("score", files / "note.wav", halved)[0] == 0
    assert [text.split(" sound")[0] for text in caplog.messages] == [
        "halved.wav lacks the last 50% of the"
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["score", "note.wav", "none.wav"], "There is no file"),
        (["score", "note.wav", "soft.wav", "--objective", "msss"], "mss"),
        (["score", "note.wav", "soft.wav", "--level", "loud"], "absolute, loudness, peak"),
    ],
)
def test_mistakes_are_one_sentence(files, complaint, arguments, sentence, monkeypatch):
    arguments = [files / word if word.endswith(".wav") else word for word in arguments]
    assert sentence in complaint(*arguments)
