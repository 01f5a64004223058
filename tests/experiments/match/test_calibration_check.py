"""A search that cannot find anything stops after its calibration and says why."""

from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.calibration_check import check_calibration
from patchwright.search import Calibration, Evaluations
from patchwright.synths import Note, Performance, Status
from tests.sizes import size
from tests.synths.sample_plugins import FAULTS

TARGET = {"random": 9, "duration": 0.1, "length": 0.2}
SEARCH = {"method": "random", "renders": 30, "calibration": 12}
SETUP = SimpleNamespace(
    subspace=SimpleNamespace(names=("a", "b", "c", "d")),
    synth=SimpleNamespace(name="fm"),
    performance=Performance(
        notes=tuple(Note(pitch=60 + n, onset=n, duration=0.5) for n in range(5)), length=6.0
    ),
)


def check(scores, status, floor=0.0):
    """Check a calibration; return the sentence that stops it, or an empty one."""
    scores = np.asarray(scores, float)
    n, m = scores.shape
    status = np.asarray(status, np.int8)
    evaluations = Evaluations(np.zeros((n, 4)), scores, status, np.zeros(n))
    calibration = Calibration(evaluations, n, np.ones(m), np.ones(m), 0.0)
    try:
        check_calibration(calibration, np.full(m, floor), SETUP)
    except ExperimentError as error:
        return str(error)
    return ""


@settings(max_examples=size(500, 50), deadline=None)
@given(
    n=st.integers(2, 8),
    m=st.integers(1, 3),
    level=st.floats(1e-3, 1e6),
    seed=st.integers(0, 99),
    failed=st.integers(0, 1),
)
def test_what_stops_a_search_and_what_does_not(n, m, level, seed, failed):
    rng = np.random.default_rng(seed)
    alike = np.full((n, m), level)
    sounds = np.full(n, Status.ok)
    other = alike.copy()
    other[rng.integers(n), rng.integers(m)] *= 1.01
    if failed:  # renders that failed show nothing
        alike, other = (np.vstack([each, np.full(m, np.nan)]) for each in (alike, other))
        sounds = np.append(sounds, Status.crashed)
    assert "sound alike" in check(alike, sounds)
    assert "sound alike" in check(alike * (1 + 1e-8 * rng.random(alike.shape)), sounds)
    assert check(other, sounds) == ""
    assert "sound alike" in check(other, sounds, floor=0.02 * level)
    silent = np.where(sounds == Status.ok, Status.silent, sounds)
    assert "are silent" in check(other, silent)
    silent[0] = Status.ok
    assert check(other, silent) == ""


def test_the_sentence_names_notes_and_parameters():
    assert "C4:0.5" in check([[1.0], [2.0]], [Status.silent] * 2)
    assert "(a, b, c, ...)" in check([[1.0], [1.0]], [Status.ok] * 2)


@pytest.fixture
def last_words(patchwright):
    """Return a function that runs a command in vain and returns its last line."""

    def call(*arguments):
        code, _, errors = patchwright(*arguments)
        assert code == 2
        return errors.strip().splitlines()[-1]

    return call


def write(tmp_path, **synth):
    path = tmp_path / "experiment.yaml"
    target = TARGET | {"synth": "subtractive"}
    path.write_text(yaml.safe_dump({"target": target, "search": SEARCH, "synth": synth}))
    return path


def test_presets_that_sound_alike(tmp_path, last_words):
    """The rate of an oscillator that moves nothing."""
    path = write(tmp_path, name="subtractive", free=["lfo_rate", "lfo_fade"])
    sentence = last_words("run", path, "--out", "out")
    assert "sound alike" in sentence
    assert "lfo_rate" in sentence
    assert not list((tmp_path / "out").glob("report*"))
    assert not list((tmp_path / "out").glob("summary*"))
    assert sentence == last_words("run", path, "--out", "out", "--resume")


def test_presets_that_are_silent(tmp_path, last_words, fault_synth):
    lock = {name: {"normalised": float(name == "silence")} for name in FAULTS}
    path = write(tmp_path, name=str(fault_synth), lock=lock)
    sentence = last_words("run", path, "--out", "out", "--workers", 1)
    assert "are silent" in sentence
    assert not list((tmp_path / "out").glob("report*"))


def test_an_effect(tmp_path, complaint, test_effect):
    pytest.importorskip("dawdreamer")
    sentence = complaint("run", write(tmp_path, name=str(test_effect), host="dawdreamer"))
    assert "is an effect, not an instrument" in sentence
    assert not (tmp_path / "runs").exists()
