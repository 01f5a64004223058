"""Finalists: the choice of the answer by embeddings, from the config to the report."""

import json

import numpy as np
import pytest
import soundfile

from patchwright.experiments.compare.comparison import compare_runs
from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.finalists import Finalists
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.report.facts import facts
from patchwright.objectives import ObjectiveError, ObjectiveSet, Target, Viewed
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import installed_networks
from patchwright.objectives.view import WHOLE

SR = 16_000
EARS = ["modulation", "mfcc_stats"]
SEARCH = {"renders": 150, "calibration": 20, "method": "nsga2", "options": {"population": 20}}
SMALL = {"sr": SR, "objectives": ["mfcc_mae", "level", "envelope"], "search": SEARCH}


def searched(**search):
    return SMALL | {"search": SMALL["search"] | search}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A tremolo, in which the objectives and the embeddings disagree."""
    time = np.arange(SR // 2) / SR
    note = 0.3 * np.sin(2 * np.pi * 220 * time) * (1 + 0.8 * np.sin(2 * np.pi * 12 * time))
    path = tmp_path_factory.mktemp("target") / "note.wav"
    soundfile.write(path, note, SR, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def heard(target, tmp_path_factory):
    """A run whose answer was chosen with two embeddings."""
    out = tmp_path_factory.mktemp("heard") / "r"
    return match(target, out=out, workers=1, seed=3, **searched(finalists=EARS))


@pytest.fixture(scope="module")
def deaf(target, tmp_path_factory):
    """The same run without them."""
    content = {"target": {"path": str(target)}, **searched(finalists=[]), "seed": 3}
    out = tmp_path_factory.mktemp("deaf") / "r"
    return run_experiment(check_experiment(content, "test"), out=out, workers=1, report=False)


def front(run):
    return json.loads((run.folder / "search.json").read_text())["front"]


def test_the_chosen_preset_is_the_answer_and_the_nearest_is_kept(heard, deaf):
    found = heard.summary.finalists
    assert found.chosen.place > found.nearest.place == 0
    assert found.chosen.distance > found.nearest.distance
    assert found.chosen.total < found.nearest.total
    assert found.count <= 32
    first, second = front(heard)[:2]
    assert first["distance"] == found.chosen.distance
    assert second["distance"] == found.nearest.distance
    best = heard.folder / "best.wav"
    assert best.read_bytes() == (heard.folder / "front" / "00.wav").read_bytes()
    # without them, the search is the same and its nearest preset the answer
    assert deaf.summary.finalists is None
    assert front(deaf)[0]["distance"] == found.nearest.distance
    nearest = (heard.folder / "front" / "01.wav").read_bytes()
    assert (deaf.folder / "best.wav").read_bytes() == nearest
    assert heard.summary.verified
    assert deaf.summary.renders == heard.summary.renders == 150


def test_distances_are_those_of_the_sounds(heard):
    sounds = [soundfile.read(heard.folder / name)[0] for name in ("target.wav", "best.wav")]
    sounds.append(soundfile.read(heard.folder / "front" / "01.wav")[0])
    wave, *others = np.stack(sounds).astype(np.float32)[:, np.newaxis]
    ears = [Viewed(EmbeddingDistance(name, distance="cosine"), WHOLE, name=name) for name in EARS]
    chosen, nearest = ObjectiveSet(ears, Target(wave, SR)).score(np.stack(others))
    found = heard.summary.finalists
    for name, one, other in zip(EARS, chosen, nearest, strict=True):
        ratio = found.chosen.heard[name] / found.nearest.heard[name]
        assert ratio == pytest.approx(one / other, rel=1e-3)
        assert 0.001 < found.nearest.heard[name] < 3  # 1 is a random preset
    for finalist in (found.chosen, found.nearest):
        parts = [finalist.distance, *finalist.heard.values()]
        assert finalist.total == pytest.approx(np.sqrt(np.mean(np.square(parts))))


def test_report_and_comparison_say_who_chose(heard, deaf):
    page = (heard.folder / "report.html").read_text()
    assert "chosen among the nearest with modulation, mfcc_stats" in page
    fact = next(fact for fact in facts(heard.summary) if fact.value == "modulation, mfcc_stats")
    assert f"Of {heard.summary.finalists.count} finalists" in fact.remark
    records = [read_run(run.folder) for run in (heard, deaf)]
    with pytest.raises(ExperimentError, match=r"finalists is .*modulation.*compare runs"):
        compare_runs(records)
    # "auto" is the same config where an embedding is installed and where none is
    for record in records:
        search = record.config.search.model_copy(update={"finalists": "auto"})
        config = record.config.model_copy(update={"search": search})
        object.__setattr__(record, "config", config)
    with pytest.raises(ExperimentError, match=r"the objectives and modulation .* to \[\] for none"):
        compare_runs(records)


def test_an_unknown_embedding_is_named_before_anything_is_rendered(target, tmp_path):
    content = {"target": {"path": str(target)}, **searched(finalists=["aisf"])}
    with pytest.raises(ObjectiveError, match="'aisf': did you mean 'aisfx'"):
        run_experiment(check_experiment(content, "test"), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
    content = {"target": {"path": str(target)}, **searched(finalists=["modulation"] * 2)}
    with pytest.raises(ExperimentError, match=r"search\.finalists .* twice: leave one out"):
        check_experiment(content, "test")


def test_auto_takes_what_is_installed_and_is_not_written():
    config = check_experiment({"target": {"path": "note.wav"}}, "test")
    assert config.search.finalists == "auto"
    assert "finalists" not in config.model_dump()["search"]
    assert set(installed_networks()) <= {"aisfx"}


def test_the_answer_has_the_least_root_mean_square_of_what_could_be_measured():
    distances = np.array([0.3, 0.4, 0.5, 0.2])
    heard = np.array([[0.9, 0.5], [0.4, 0.4], [0.4, np.nan], [np.nan, np.nan]])
    found = Finalists(("a", "b"), np.array([7, 2, 5, 1]), distances, heard)
    assert found.answer == 2
    np.testing.assert_allclose(found.totals[:2], [np.sqrt(1.15 / 3), 0.4])
    assert found.facts().chosen.place == 1
    assert Finalists(("a",), np.array([4, 9]), np.full(2, 0.5), np.full((2, 1), 0.5)).answer == 4
    alone = Finalists((), np.array([7]), distances[:1], np.empty((1, 0)))
    assert alone.answer == 7
    assert alone.facts() is None
    lost = Finalists(("a",), np.array([7, 2]), distances[:2], np.array([[np.nan], [0.5]])).facts()
    assert lost.nearest.heard == {}
    assert lost.nearest.total is None
