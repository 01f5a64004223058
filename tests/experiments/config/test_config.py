from importlib import resources
from pathlib import Path

import pytest
import yaml

from patchwright.experiments.config import check_experiment, load_experiment
from patchwright.experiments.config.registry import find
from patchwright.experiments.errors import ExperimentError
from patchwright.objectives import OBJECTIVES, View
from patchwright.search import CMAES, OPTIMIZERS
from patchwright.synths import SynthError
from patchwright.synths.builtin import SYNTHS
from patchwright.synths.yaml_file import read_yaml

CONFIGS = Path(str(resources.files("patchwright.experiments"))) / "configs"
LEAST = "target: {path: a.wav}\n"


def write(tmp_path, text):
    path = tmp_path / "e.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_configs_that_come_along_are_right(path):
    config = load_experiment(path)
    assert config.target.path.is_file()
    assert {objective.name for objective in config.objectives} <= set(OBJECTIVES)
    assert config.search.method in OPTIMIZERS
    SYNTHS[config.synth.name].space.lock(config.synth.lock, free=config.synth.free)


def test_a_short_config_has_defaults_and_a_path_beside_the_file(tmp_path):
    config = load_experiment(write(tmp_path, LEAST + "synth: subtractive\n"))
    assert config.target.path == tmp_path / "a.wav"
    assert config.synth.name == "subtractive"
    assert config.search.budget.renders == 2500
    again = check_experiment(yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json"))), "x")
    assert again == config


def test_dotted_overrides(tmp_path):
    config = load_experiment(
        write(tmp_path, LEAST + "synth: subtractive\n"),
        [
            "search.method=cmaes",
            "search.options.population=20",
            "synth.lock.filter_type=lowpass",
            "objectives=[mss, envelope]",
            "seed=7",
            "search.renders=null",
            "search.seconds=1.5",
        ],
    )
    assert config.search.method == "cmaes"
    assert config.search.options == {"population": 20}
    assert config.synth.lock == {"filter_type": "lowpass"}
    assert [objective.name for objective in config.objectives] == ["mss", "envelope"]
    assert config.seed == 7
    assert config.search.budget.seconds == 1.5
    assert config.search.budget.renders is None


@pytest.mark.parametrize(
    ("text", "overrides", "sentence"),
    [
        ("seed: 0\n", [], "target is missing"),
        (LEAST + "serch: {}\n", [], "serch is not a key; did you mean 'search'?"),
        (LEAST + "search: {rendres: 5}\n", [], "search.rendres is not a key; did you mean"),
        (LEAST + "target: {pth: a.wav}\n", [], "did you mean 'path'"),
        ("target: {random: 1, synth: {polcy: fork}}\n", [], "did you mean 'policy'?"),
        (LEAST + "seed: many\n", [], "seed is wrong"),
        (LEAST + "seed: -1\n", [], "seed is wrong"),
        (LEAST + "objectives: []\n", [], "objectives is wrong"),
        (LEAST + "objectives: [mss, mss]\n", [], "give one of the two a label"),
        (LEAST + "search: {seconds: .nan}\n", [], "search.seconds is wrong"),
        (LEAST + "search: {renders: 0}\n", [], "search.renders is wrong"),
        (LEAST + "search: {renders: 100}\n", [], "raise renders or lower calibration"),
        (LEAST, ["seed"], "key=value"),
        (LEAST, ["=3"], "key=value"),
        (LEAST + "seed: 3\n", ["seed.x.y=3"], "seed is a value"),
        (LEAST, ["seed=[1"], "is not YAML"),
        (LEAST, ["search.methd=cmaes"], "did you mean 'method'?"),
    ],
)
def test_a_mistake_is_one_sentence(text, overrides, sentence, tmp_path):
    with pytest.raises(ExperimentError) as error:
        load_experiment(write(tmp_path, text), overrides)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert "e.yaml" in str(error.value) or overrides


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("target: [unclosed\n", "is not YAML in line"),
        ("- a\n- b\n", "must hold keys and values"),
        ("target: !!python/object/apply:os.system ['true']\n", "is wrong in line 1"),
    ],
)
def test_a_file_that_holds_no_keys_is_one_sentence(text, sentence, tmp_path):
    with pytest.raises(SynthError) as error:
        load_experiment(write(tmp_path, text))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert "e.yaml" in str(error.value)


def test_files_of_a_plugin_lie_beside_the_yaml(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("free: [amp_*]\nlock: {osc1_waveform: saw}\n")
    path = write(
        tmp_path,
        LEAST + "synth: {plugin: 'vst2:x', spec: s.yaml, state: p.fxp, lock: mine.yaml}\n",
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    synth = load_experiment(path).synth
    assert (synth.name, synth.spec, synth.state) == (
        "vst2:x",
        tmp_path / "s.yaml",
        tmp_path / "p.fxp",
    )
    assert (synth.lock, synth.free) == ({"osc1_waveform": "saw"}, ["amp_*"])


def test_the_lock_file_of_a_targets_synth_lies_beside_the_yaml(tmp_path):
    (tmp_path / "mine.yaml").write_text("free: [amp_*]\n")
    path = write(tmp_path, "target: {random: 1, synth: {name: fm, lock: mine.yaml}}\n")
    assert load_experiment(path).target.synth.free == ["amp_*"]


def test_a_lock_file_that_comes_along_is_known_by_its_name(tmp_path):
    synth = load_experiment(write(tmp_path, LEAST + "synth: {lock: amsynth-16}\n")).synth
    assert synth.lock == {}
    assert len(synth.free) == 16
    with pytest.raises(ExperimentError, match=r"e\.yaml: .* did you mean 'amsynth-16'\?$"):
        load_experiment(write(tmp_path, LEAST + "synth: {lock: amsynth_16}\n"))


def test_a_missing_yaml_file_is_named(tmp_path):
    with pytest.raises(SynthError, match=r"nowhere\.yaml cannot be read"):
        read_yaml(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("kind", "registry", "wrong", "right"),
    [
        ("synth", SYNTHS, "subtractiv", "subtractive"),
        ("objective", OBJECTIVES, "mrsfft", "mrstft"),
        ("optimizer", OPTIMIZERS, "nsga-2", "nsga2"),
    ],
)
def test_unknown_names_get_the_nearest(kind, registry, wrong, right):
    assert find(kind, right, registry) is registry[right]
    with pytest.raises(ExperimentError, match=f"did you mean '{right}'"):
        find(kind, wrong, registry)


def test_unknown_options_get_the_nearest():
    assert find("optimizer", "cmaes", OPTIMIZERS, ["sigma", "population"]) is CMAES
    with pytest.raises(ExperimentError, match="did you mean 'population'"):
        find("optimizer", "cmaes", OPTIMIZERS, ["populaton"])
    for reserved in ("seed", "initial"):
        with pytest.raises(ExperimentError, match="has no option"):
            find("optimizer", "cmaes", OPTIMIZERS, [reserved])


VIEWS = """target: {path: a.wav}
objectives:
- mrstft
- {name: mss, weight: 2.0, level: loudness}
- {name: mss, label: attack, time: [0, 0.1], align: onset}
- {name: log_mel, time: [0.1, null], frequency: [200, 4000]}
"""


def test_an_objective_says_what_it_compares(tmp_path):
    config = load_experiment(write(tmp_path, VIEWS))
    titles = [objective.title for objective in config.objectives]
    assert titles == ["mrstft", "mss (loudness)", "attack", "log_mel (0.1- s, 200-4000 Hz)"]
    assert [objective.weight for objective in config.objectives] == [1, 2, 1, 1]
    assert config.objectives[2].view == View(time=(0, 0.1), align="onset")
    written = config.model_dump(mode="json")
    assert written["objectives"][:2] == [
        "mrstft",
        {"name": "mss", "weight": 2.0, "level": "loudness"},
    ]
    assert check_experiment(yaml.safe_load(yaml.safe_dump(written)), "x") == config


@pytest.mark.parametrize(
    ("objective", "sentence"),
    [
        ("{name: mss, levl: peak}", "levl is not a key; did you mean 'level'"),
        ("{name: mss, level: loud}", "level is wrong"),
        ("{name: mss, time: [0.2, 0.1]}", r"not be \[0\.2, 0\.1\]"),
        ("{name: mss, frequency: [900, 100]}", r"not be \[900\.0, 100\.0\]"),
        ("{name: mss, weight: 0}", "weight is wrong"),
        ("{level: peak}", "name is missing"),
    ],
)
def test_what_is_wrong_with_an_objective_is_said(tmp_path, objective, sentence):
    with pytest.raises(ExperimentError, match=sentence):
        load_experiment(write(tmp_path, LEAST + f"objectives: [mrstft, {objective}]\n"))
