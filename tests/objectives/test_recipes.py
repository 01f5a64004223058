"""The recipes in objectives/README.md, followed literally: their code is what is tested here."""

import importlib
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from patchwright import objectives
from patchwright.experiments.config.registry import find
from patchwright.objectives import OBJECTIVES, ObjectiveSet, Target
from patchwright.objectives.distances import EmbeddingDistance
from patchwright.objectives.embeddings import EMBEDDINGS, load_embedding
from tests import foreign_package

README = (Path(objectives.__file__).parent / "README.md").read_text(encoding="utf-8")
TESTS = Path(__file__).parent
SR = 8_000


def code(section, language):
    """Return the one block of code of a language in a section of the README."""
    _, _, text = README.partition(f"\n## {section}\n")
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text.split("\n## ")[0], re.M | re.S)
    ((_, block),) = blocks
    return textwrap.dedent(block)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Folder on the import path with the modules from step 1 of both recipes."""
    for section, name in (("Add a distance", "log_magnitude"), ("Add an embedding", "mel_peaks")):
        (tmp_path / f"{name}.py").write_text(code(section, "python"), encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def log_magnitude(modules, monkeypatch):
    """New distance, registered as in step 2."""
    made = importlib.import_module("log_magnitude").LogMagnitude
    monkeypatch.setitem(OBJECTIVES, made.name, made)
    return made


@pytest.fixture
def mel_peaks(modules, monkeypatch):
    """New embedding, registered as in step 2."""
    made = importlib.import_module("mel_peaks").MelPeaks
    monkeypatch.setitem(EMBEDDINGS, made.name, made)
    return made


@pytest.fixture
def pair(sound):
    return sound("noise", SR, 0.3, seed=1), sound("noise", SR, 0.3, seed=2)


def score(objective, pair):
    target, candidate = pair
    return ObjectiveSet([objective], Target(target, SR)).score(np.stack([target, candidate]))[:, 0]


def test_a_new_distance_is_used_by_name(log_magnitude, pair):
    same, other = score(find("objective", "log_magnitude", OBJECTIVES)(), pair)
    assert same == 0 < other


def test_a_new_distance_equals_its_definition(log_magnitude, pair):
    def logarithms(audio):
        padded = np.pad(audio[0].astype(np.float64), 1024)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
        starts = range(0, len(padded) - 2047, 512)
        frames = np.stack([padded[start : start + 2048] for start in starts])
        return np.log(np.maximum(np.abs(np.fft.rfft(frames * window)), 1e-4))

    expected = np.abs(logarithms(pair[0]) - logarithms(pair[1])).mean()
    assert score(log_magnitude(), pair)[1] == pytest.approx(expected, rel=1e-4)


def test_a_distance_of_another_package_is_used_by_name(modules, monkeypatch, pair):
    foreign_package.install(modules / "log_magnitude.py", code("Add a distance", "toml"))
    assert "log_magnitude" not in OBJECTIVES
    same, other = score(find("objective", "log_magnitude", OBJECTIVES)(), pair)
    assert same == 0 < other


def test_a_new_embedding_is_used_by_name_and_as_an_instance(mel_peaks, pair):
    named, given = EmbeddingDistance("mel_peaks"), EmbeddingDistance(mel_peaks())
    assert score(named, pair)[1] == score(given, pair)[1] > 0
    assert load_embedding("mel_peaks").name == "mel_peaks"


def test_both_conform(modules):
    """The suites cover every registered name, here with both, which a pytest plugin registers."""
    (modules / "register.py").write_text(
        "from log_magnitude import LogMagnitude\n"
        "from mel_peaks import MelPeaks\n"
        "from patchwright.objectives import OBJECTIVES\n"
        "from patchwright.objectives.embeddings import EMBEDDINGS\n"
        "OBJECTIVES[LogMagnitude.name] = LogMagnitude\n"
        "EMBEDDINGS[MelPeaks.name] = MelPeaks\n"
    )
    suites = ("test_conformance.py", "test_ranges.py", "embeddings/test_conformance.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "register", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-k", "log_magnitude or mel_peaks", *(str(TESTS / suite) for suite in suites)],
        env=os.environ | {"PYTHONPATH": str(modules)},
        cwd=TESTS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 60, done.stdout
