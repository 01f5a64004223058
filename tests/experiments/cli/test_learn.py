"""A synth is learned by one command, and matches use it."""

import json

import pytest
import yaml

from patchwright.experiments.training import learning
from patchwright.surrogates.training.proxy import ProxyTraining
from patchwright.surrogates.training.trainer import TrainingSettings

SETTINGS = TrainingSettings(steps=40, batch=64, every=20, warmup=5)


@pytest.fixture
def learn(patchwright, tmp_path, monkeypatch):
    """Return a function that learns a short, coarse sound."""
    for name, value in {"LENGTH": 0.25, "SR": 8_000, "FEWEST": 150, "MOST": 150}.items():
        monkeypatch.setattr(learning, name, value)
    small = ProxyTraining(components=16, settings=SETTINGS, options={"hidden": 32, "blocks": 1})
    monkeypatch.setattr(learning, "training_of", lambda presets: small)
    monkeypatch.setenv("PATCHWRIGHT_MODELS", str(tmp_path / "models"))
    return lambda *options: patchwright("learn", "subtractive", "--minutes", "0.1", *options)


def test_a_match_uses_what_was_learned(learn, patchwright, tmp_path):
    code, output, error = learn()
    assert code == 0, error
    assert str(tmp_path / "models" / "subtractive") in output
    card = json.loads((tmp_path / "models" / "subtractive" / "card.json").read_text())
    assert (card["notes"]["pitch"][0], card["notes"]["pitch"][-1]) == (36, 84)
    recipe = yaml.safe_load((tmp_path / "datasets" / "subtractive" / "recipe.yaml").read_text())
    assert [source.get("prior") for source in recipe["sources"]] == [None, "auto"]
    target = {"target": {"random": 3, "length": 0.25, "duration": 0.2}, "sr": 8_000}
    (tmp_path / "target.yaml").write_text(yaml.safe_dump(target))
    renders = ("--set", "search.renders=40", "--set", "search.calibration=20")
    run = patchwright("run", tmp_path / "target.yaml", "--out", tmp_path / "run", *renders)
    assert run[0] == 0
    assert (
        "model subtractive" in json.loads((tmp_path / "run" / "summary.json").read_text())["chose"]
    )
    code, _, error = learn()
    assert code == 2
    assert "--name" in error


def test_data_of_another_synth_are_refused(patchwright, tmp_path, monkeypatch):
    monkeypatch.setenv("PATCHWRIGHT_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "datasets" / "mine"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("synth: subtractive")
    code, _, error = patchwright("learn", "fm", "--name", "mine")
    assert code == 2
    assert "another synth" in error
    assert "--name" in error


def test_the_time_decides_how_many_presets():
    assert learning.training_of(20_000).settings.steps == 1_562
    assert learning.training_of(1_000_000).settings.steps == 20_000


@pytest.mark.parametrize(
    ("synth", "lock", "name"),
    [("fm", None, "fm"), ("vst2:amsynth_vst", "amsynth-32", "vst2_amsynth_vst-amsynth-32")],
)
def test_names_of_models(synth, lock, name):
    assert learning.learned_name(synth, lock) == name
