"""Wishes about a target: from the command line to the summary and the report."""

import typing

import numpy as np
import pytest
import soundfile

from patchwright.experiments.cli.match import match_command
from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.recording import read_recording
from patchwright.experiments.records.finished_run import read_run
from patchwright.objectives.wishes import VOCABULARY, compare_wishes, parse_wishes

SR = 16_000
BUT = "brighter 3 dB, attack 60 ms"
SMALL = ("--set", f"sr={SR}", "--set", "search.calibration=20", "--set", "search.finalists=[]")


@pytest.fixture
def recording(tmp_path):
    time = np.arange(SR // 2) / SR
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 12))
    path = tmp_path / "note.wav"
    soundfile.write(path, 0.1 * tone * np.exp(-3 * time), SR, subtype="FLOAT")
    return path


def test_a_match_is_of_the_recording_as_it_was_wished(recording, patchwright, tmp_path):
    out = tmp_path / "run"
    code, shown, _ = patchwright(
        "match", recording, "--but", BUT, "--renders", 40, "--workers", 1, "--out", out, *SMALL
    )
    assert code == 0
    assert "Wished: brighter 3 dB: asked +3.0 dB, got " in shown
    run = read_run(out)
    assert run.target == f"note but {BUT}"
    recorded = read_recording(recording, sr=SR).audio
    target, best = (
        soundfile.read(out / f"{name}.wav", always_2d=True)[0].T for name in ("target", "best")
    )
    recorded = recorded[:, : target.shape[1]]
    wishes = parse_wishes(BUT)
    for wished in compare_wishes(recorded, target, SR, wishes):
        assert wished.got == pytest.approx(wished.asked, rel=0.1, abs=0.2)
    for wished, told in zip(
        compare_wishes(recorded, best, SR, wishes), run.summary.wishes, strict=True
    ):
        assert told.got == pytest.approx(wished.got, rel=1e-3, abs=0.01)
    assert "asked +3.0 dB, got" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    "target",
    [{"random": 1, "but": "brighter"}, {"paths": ["a.wav", "b.wav"], "but": "brighter"}],
)
def test_wishes_are_about_one_recording(target):
    with pytest.raises(ExperimentError, match="but changes one recording"):
        check_experiment({"target": target}, "test")


def test_an_unknown_wish_is_refused_with_the_vocabulary(recording, complaint):
    assert "brighter, darker" in complaint("match", recording, "--but", "prettier")


def test_the_help_lists_the_whole_vocabulary():
    but = typing.get_type_hints(match_command, include_extras=True)["but"]
    listed = but.__metadata__[0].help.partition(": ")[2].replace(" (6 dB, or N dB)", "")
    assert [words.removesuffix(" N ms.") for words in listed.split(", ")] == [*VOCABULARY]
