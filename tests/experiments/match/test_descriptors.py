"""Constraints on descriptors, and presets that differ in them: from the config to the report."""

import json

import numpy as np
import pytest
import soundfile

from patchwright.experiments.config import check_experiment
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.descriptor_space import USUAL_DESCRIPTORS, searched_descriptors
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.match.setup import prepare
from patchwright.objectives.descriptors import DESCRIPTORS, describe
from patchwright.search import OPTIMIZERS, SearchError
from patchwright.synths import Note, Performance
from patchwright.synths.builtin import Subtractive
from tests.needs import need_package

SR = 16_000
SMALL = {
    "sr": SR,
    "objectives": ["mfcc_mae", "level"],
    "search": {"renders": 90, "calibration": 20, "method": "nsga2", "options": {"population": 15}},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A short, loud note of the synth itself."""
    values = Subtractive.space.values([{"filter_cutoff": 900.0, "amp_sustain": 0.8}])
    performance = Performance(notes=(Note(pitch=57, duration=0.3),), length=0.5, sr=SR)
    audio = Subtractive().render(values, performance).audio[0]
    path = tmp_path_factory.mktemp("target") / "note.wav"
    soundfile.write(path, 0.9 * audio.T / np.abs(audio).max(), SR, subtype="FLOAT")
    return path


def small(**search):
    return SMALL | {"search": SMALL["search"] | search}


def unreported(target, out, *, resume=False, workers=1, **config):
    """A run without its report, which takes a second to write."""
    checked = check_experiment({"target": {"path": str(target)}, **config}, "test")
    return run_experiment(checked, out=out, resume=resume, workers=workers, report=False)


def untimed(folder):
    summary = json.loads((folder / "summary.json").read_text())
    summary.pop("seconds")
    return summary, (folder / "best.wav").read_bytes()


@pytest.fixture(scope="module")
def quiet(target, tmp_path_factory):
    """A search within a level far below the target's."""
    out = tmp_path_factory.mktemp("quiet") / "r"
    constraints = {"loudness": [-30, -20], "brightness": [None, 2000]}
    return match(target, out=out, workers=1, constraints=constraints, **SMALL)


def test_a_search_ends_within_its_constraints_and_says_so(quiet, target):
    audio, _ = soundfile.read(target)
    assert describe(audio[None, None], SR, [DESCRIPTORS["loudness"]])[0, 0] > -20
    descriptors = quiet.summary.descriptors
    assert -30 <= descriptors["loudness"].value <= -20
    assert descriptors["brightness"].value <= 2000
    assert descriptors["loudness"].constraint == "-30 to -20 LUFS"
    assert descriptors["brightness"].constraint == "at most 2000 Hz"
    assert 0 < quiet.summary.infeasible < 90
    assert quiet.summary.verified
    best, _ = soundfile.read(quiet.folder / "best.wav", dtype="float32", always_2d=True)
    measured = describe(best.T[np.newaxis], SR, [DESCRIPTORS["loudness"]])[0, 0]
    assert measured == descriptors["loudness"].value
    for point in json.loads((quiet.folder / "search.json").read_text())["front"]:
        assert -30 <= point["descriptors"]["loudness"] <= -20
    page = quiet.report.read_text()
    assert "within -30 to -20 LUFS" in page
    assert f"{quiet.summary.infeasible} of 90" in page


def test_constraints_give_the_same_bits_with_more_workers_and_after_a_resume(
    quiet, target, tmp_path
):
    constraints = {"loudness": [-30, -20], "brightness": [None, 2000]}
    again = unreported(target, tmp_path / "r", workers=3, constraints=constraints, **SMALL)
    assert untimed(again.folder) == untimed(quiet.folder)
    for file in sorted((again.folder / "evaluations").glob("*.parquet"))[3:]:
        file.unlink()
    resumed = unreported(
        target, again.folder, resume=True, workers=2, constraints=constraints, **SMALL
    )
    assert untimed(resumed.folder) == untimed(quiet.folder)
    constraints["loudness"] = [-31, -20]
    with pytest.raises(ExperimentError, match="constraints"):
        unreported(target, again.folder, resume=True, constraints=constraints, **SMALL)


def test_constraints_that_nothing_meets_are_told(target, tmp_path):
    with pytest.raises(
        SearchError, match=r"loudness at least 30 LUFS \(met by 0.*: loosen loudness"
    ):
        match(target, out=tmp_path / "r", constraints={"loudness": [30, None]}, **small(renders=40))


def test_presets_that_differ_are_kept_and_shown(target, tmp_path):
    need_package("ribs", "qd")
    config = small(method="map_elites", descriptors=["noisiness", "brightness"])
    found = match(target, out=tmp_path / "r", workers=2, **config)
    again = unreported(target, tmp_path / "again", workers=1, **config)
    assert untimed(again.folder) == untimed(found.folder)
    front = json.loads((found.folder / "search.json").read_text())["front"]
    distances = [point["distance"] for point in front]
    assert distances[0] == min(distances)
    assert max(distances) <= distances[0] + 0.1
    assert front[0]["scores"] == pytest.approx(found.summary.objectives)
    cells = {tuple(np.round([*point["descriptors"].values()], 6)) for point in front}
    assert len(cells) == len(front) > 1
    page = found.report.read_text()
    assert "Presets that differ" in page
    assert "noisiness, dB" in page


def test_one_objective_has_presets_that_differ_too(target, tmp_path):
    """Presets that differ are available with any method."""
    config = small(descriptors=["attack"]) | {"objectives": ["mfcc_mae"]}
    found = match(target, out=tmp_path / "r", **config)
    front = json.loads((found.folder / "search.json").read_text())["front"]
    assert len(front) > 1
    page = found.report.read_text()
    assert "attack, s" in page
    assert "one objective has no front" not in page


def test_which_descriptors_presets_differ_in():
    def columns(method, **config):
        content = {"target": {"random": 0}, **config}
        config = check_experiment(content, "x")
        return searched_descriptors(config, OPTIMIZERS[method]).columns

    usual = columns("map_elites")
    assert tuple(column.name for column in usual) == USUAL_DESCRIPTORS
    assert all(column.diverse and not column.constrained for column in usual)
    assert columns("nsga2") == ()
    bounds = {"loudness": [-40, None], "attack": [0.0, 0.1]}
    chosen = columns("nsga2", constraints=bounds, search={"descriptors": ["attack"]})
    attack, loudness = chosen
    assert (attack.name, loudness.name) == ("attack", "loudness")
    assert (attack.low, attack.high) == (DESCRIPTORS["attack"].low, 0.1)
    assert (loudness.low, loudness.high, loudness.greatest) == (-40, 0, np.inf)
    assert attack.diverse
    assert not loudness.diverse


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            {"constraints": {"loudnes": [-30, 0]}},
            "no descriptor 'loudnes': did you mean 'loudness'?",
        ),
        ({"constraints": {"loudness": [-10, -30]}}, "of loudness are empty"),
        ({"constraints": {"loudness": [None, None]}}, "loudness has no bounds: give one"),
        ({"constraints": {"loudness": [-10]}}, "constraints.loudness"),
        ({"constraints": {"loudness": "loud"}}, "constraints.loudness"),
        ({"search": {"descriptors": ["bright"]}}, "did you mean 'brightness'?"),
    ],
)
def test_mistakes_are_one_sentence(content, sentence):
    with pytest.raises(ExperimentError) as told:
        check_experiment({"target": {"random": 0}, **content}, "x.yaml")
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


def test_without_pyribs_the_choice_of_its_methods_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(OPTIMIZERS["cma_me"], "missing", lambda: "pip install it.")
    config = check_experiment({"target": {"random": 0}, "search": {"method": "cma_me"}}, "x")
    with pytest.raises(ExperimentError, match="cma_me cannot be used: pip install it"):
        prepare(config)
