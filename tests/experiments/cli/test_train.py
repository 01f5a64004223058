"""From a dataset to a model, and to a match that uses it: the commands in their order."""

import json
from importlib.resources import files

import pytest
import yaml

from patchwright.experiments import cli

NOTES = {"pitch": [57, 60, 63], "duration": [0.1, 0.2, 0.3]}
RECIPE = {"presets": 150, "length": 0.3, "sr": 8_000, "notes": NOTES, "features": {"bands": 16}}
TRAINING = {
    "options": {"hidden": 32, "blocks": 1},
    "components": 16,
    "settings": {"steps": 40, "batch": 64, "every": 20, "warmup": 5},
}


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["patchwright", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code or 0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    (folder / "training.yaml").write_text(yaml.safe_dump(TRAINING | {"dataset": "data"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONSAFEPATH", "")
        patch.chdir(folder)
        assert run(patch, "dataset", "make", "recipe.yaml", "--out", "data") == 0
        assert run(patch, "train", "proxy", "training.yaml", "--out", "models/mine") == 0
    return folder


def test_the_card_has_scores(made):
    card = json.loads((made / "models" / "mine" / "card.json").read_text())
    assert card["synth"]["name"] == "subtractive"
    assert 0 < card["scores"]["mrr"] <= 1
    assert card["features"]["bands"] == 16


def test_it_is_scored_on_a_dataset(made, patchwright):
    code, output, _ = patchwright(
        "evaluate", "proxy", made / "models" / "mine", "--dataset", made / "data"
    )
    assert code == 0
    assert "mean reciprocal rank" in output


def test_what_it_learned_of_each_parameter(made, patchwright):
    code, output, _ = patchwright(
        "evaluate", "proxy", made / "models" / "mine", "--dataset", made / "data", "--parameters"
    )
    assert code == 0
    for name in ("filter_cutoff", "osc1_waveform"):
        assert name in output


@pytest.fixture
def match(made, patchwright, monkeypatch):
    monkeypatch.setenv("PATCHWRIGHT_MODELS", str(made / "models"))
    (made / "target.yaml").write_text(
        yaml.safe_dump({"target": {"random": 3, "length": 0.25, "duration": 0.2}, "sr": 8_000})
    )

    def call(*arguments):
        return patchwright(
            "run",
            made / "target.yaml",
            *("--set", "search.renders=60", "--set", "search.calibration=20"),
            *arguments,
        )

    return call


def chose(folder):
    return json.loads((folder / "summary.json").read_text())


def test_auto_uses_a_model_that_suits_and_says_so(match, tmp_path):
    code, _, errors = match("--out", tmp_path / "a")
    assert code == 0, errors
    assert chose(tmp_path / "a")["chose"] == "hybrid, with the model mine"
    assert chose(tmp_path / "a")["versions"]["model"]
    trace = json.loads((tmp_path / "a" / "search.json").read_text())
    assert sum(part["proposed"] for part in trace["credits"].values()) == 60 - 20
    assert {each["part"] for each in trace["believed"]} >= {"model"}
    assert 'id="figure-belief"' in (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    code, _, errors = match("--out", tmp_path / "a", "--resume")
    assert code == 0, errors


def test_the_model_that_comes_along_helps_the_default_synth(patchwright, monkeypatch, tmp_path):
    monkeypatch.delenv("PATCHWRIGHT_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    code, _, errors = patchwright(
        *("run", files("patchwright.experiments") / "configs" / "quickstart.yaml"),
        *("--set", "search.renders=60", "--set", "search.calibration=40", "--out", tmp_path / "a"),
    )
    assert code == 0, errors
    assert chose(tmp_path / "a")["chose"] == "hybrid, with the model subtractive"


def test_cold_and_no_model_are_the_old_way(match, tmp_path):
    for number, choice in enumerate(("search.method=cold", "search.model=none")):
        code, _, errors = match("--out", tmp_path / str(number), "--set", choice)
        assert code == 0, errors
        assert chose(tmp_path / str(number))["chose"] == "portfolio"
    first, second = (chose(tmp_path / str(number)) for number in (0, 1))
    assert first["objectives"] == second["objectives"]


def test_a_model_that_does_not_suit_is_named_with_the_reason(match, complaint, made, tmp_path):
    code, _, errors = match(
        *("--set", "search.method=hybrid", "--set", "target.note=72", "--out", tmp_path / "b")
    )
    assert code == 2
    assert "mine knows pitches from 57 to 63, not 72" in errors
    assert "patchwright train proxy" in errors
    assert not (tmp_path / "b").exists()


def test_mistakes_of_a_training_are_one_sentence(made, complaint, tmp_path):
    data = ("--dataset", made / "data", "--out", tmp_path / "m")
    assert "residual_mlp" in complaint("train", "proxy", *data, "--set", "proxy=residual")
    assert "settings" in complaint("train", "proxy", *data, "--set", "settings.stepps=1")
    assert "nonsense" in complaint("train", "proxy", *data, "--device", "nonsense")
    assert "no dataset" in complaint(
        "train", "proxy", "--dataset", tmp_path, "--out", tmp_path / "m"
    )
    assert "is no model" in complaint("evaluate", "proxy", tmp_path, "--dataset", made / "data")
    assert "not empty" in complaint(
        *("train", "proxy", "--dataset", made / "data", "--out", made / "models" / "mine")
    )


SMALL = {
    "options": {"hidden": 32, "blocks": 1, "tokens": 4, "size": 16, "layers": 1},
    "settings": TRAINING["settings"],
}


@pytest.fixture(scope="module")
def estimator(made):
    (made / "estimator.yaml").write_text(yaml.safe_dump(SMALL | {"dataset": "data"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONSAFEPATH", "")
        patch.chdir(made)
        assert run(patch, "train", "estimator", "estimator.yaml", "--out", "models/ear") == 0
    return made / "models" / "ear"


def test_predictions_are_a_run_with_presets_that_load(made, estimator, patchwright, tmp_path):
    sound = files("patchwright.experiments") / "targets" / "clarinet_c4.flac"
    code, _, errors = patchwright(
        *("predict", sound, "--estimator", estimator, "-n", 12, "--out", tmp_path / "p"),
        *("--set", "target.length=0.3", "--set", "sr=8000"),
    )
    assert code == 0, errors
    summary = chose(tmp_path / "p")
    assert summary["renders"] == 32 + 12
    assert summary["chose"] == "predict, with ear"
    assert summary["versions"]["estimator"]
    assert (tmp_path / "p" / "report.html").exists()
    code, _, errors = patchwright(
        *("synth", "render", "subtractive", tmp_path / "p" / "best.json"),
        *("--notes", "C4:0.1", "-o", tmp_path / "again.wav"),
    )
    assert code == 0, errors


def test_every_parameter_is_scored_on_a_dataset(made, estimator, patchwright, complaint):
    code, output, _ = patchwright("evaluate", "estimator", estimator, "--dataset", made / "data")
    assert code == 0
    assert all(name in output for name in ("mean", "filter_cutoff", "osc1_waveform"))
    wrong = complaint("evaluate", "estimator", made / "models" / "mine", "--dataset", made / "data")
    assert "kind proxy" in wrong


def test_a_search_can_start_from_predictions(match, estimator, tmp_path):
    code, _, errors = match("--out", tmp_path / "w", "--set", "search.method=warm")
    assert code == 0, errors
    assert chose(tmp_path / "w")["chose"] == "portfolio, started from presets of ear"
    named = ("--set", f"search.estimator={estimator}")
    code, _, errors = match("--out", tmp_path / "h", "--set", "search.method=hybrid", *named)
    assert code == 0, errors
    summary = chose(tmp_path / "h")
    assert summary["chose"] == "hybrid, with the model mine and presets of ear"
    assert summary["versions"]["estimator"]
    code, _, errors = match("--out", tmp_path / "n", "--set", "search.method=nsga2", *named)
    assert (code, "use hybrid" in errors, (tmp_path / "n").exists()) == (2, True, False)


def test_an_estimator_that_does_not_suit_is_named_with_the_reason(
    match, estimator, made, complaint, patchwright, tmp_path
):
    code, _, errors = match(
        *("--set", "search.method=predict", "--set", "target.note=72", "--out", tmp_path / "b")
    )
    assert code == 2
    assert "ear knows pitches from 57 to 63, not 72" in errors
    assert "patchwright train estimator" in errors
    sound = files("patchwright.experiments") / "targets" / "clarinet_c4.flac"
    wrong = complaint("predict", sound, "--estimator", made / "models" / "mine")
    assert "kind proxy" in wrong
    data = ("--dataset", made / "data", "--out", tmp_path / "m")
    assert "'flow'" in complaint("train", "estimator", *data, "--set", "estimator=flwo")
    assert "needs a proxy" in complaint("train", "estimator", *data, "--set", "perceptual=1")


def test_several_synths_are_learned_together(made, complaint, patchwright, tmp_path):
    (tmp_path / "fm.yaml").write_text(yaml.safe_dump(RECIPE | {"synth": "fm", "presets": 100}))
    code, _, errors = patchwright("dataset", "make", tmp_path / "fm.yaml", "--out", tmp_path / "fm")
    assert code == 0, errors
    training = {
        "datasets": ["fm", str(made / "data")],
        "estimator": "vae",
        "options": {"hidden": 32, "blocks": 1, "latent": 4},
        "settings": TRAINING["settings"],
    }
    (tmp_path / "vae.yaml").write_text(yaml.safe_dump(training))
    code, output, errors = patchwright(
        "train", "estimator", tmp_path / "vae.yaml", "--out", tmp_path / "both"
    )
    assert code == 0, errors
    assert "fm: On test presets" in output
    assert {path.name for path in (tmp_path / "both").iterdir()} >= {"fm", "subtractive"}
    flow = ("--set", "estimator=flow", "--set", "options={}")
    assert "need the estimator vae" in complaint("train", "estimator", tmp_path / "vae.yaml", *flow)
    assert "datasets" in complaint("train", "estimator", "--out", tmp_path / "m")
