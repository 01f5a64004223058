"""Parts of a suite's runs: checked and read once, and the same as in runs checked one by one."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.config import beside_folder, check_experiment
from patchwright.experiments.config.experiment import resolve_files
from patchwright.experiments.config.identity import config_sha256, input_files
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.midi.compose import FOLDER, write_phrases
from patchwright.experiments.suite import config
from patchwright.experiments.suite.config import make_suite
from patchwright.experiments.suite.parts import CheckedParts
from tests.sizes import size

SOUND = FOLDER.parent / "targets" / "trumpet_c4.flac"
RUNS = size(whole=5_000, quick=600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder with a MIDI file, a lock file and two equal sounds."""
    made = tmp_path_factory.mktemp("parts")
    write_phrases(made)
    (made / "soft.yaml").write_text("lock: {lfo_*: null}\nfree: [filter_*]")
    for name in ("a.flac", "b.flac"):
        (made / name).write_bytes(SOUND.read_bytes())
    return made


def test_files_are_read_once_however_many_runs_name_them(folder, monkeypatch):
    read = Counter()
    read_bytes, opened = Path.read_bytes, Path.open

    def counted(method):
        def call(path, *args, **options):
            read[path.name] += path.parent == folder
            return method(path, *args, **options)

        return call

    monkeypatch.setattr(Path, "read_bytes", counted(read_bytes))
    monkeypatch.setattr(Path, "open", counted(opened))
    content = {
        "defaults": {"synth": {"name": "subtractive", "lock": "soft.yaml"}},
        "targets": [{"path": ["a.flac", "b.flac"], "midi": "bass.mid"}],
        "sweep": {"search.method": ["cmaes", "random", "de"], "seed": f"0..{RUNS // 6 - 1}"},
    }
    suite = make_suite(content, folder / "suite.yaml")
    assert len(suite.runs) == RUNS
    assert 0 < max(read.values()) <= 4
    assert len({id(run.config.synth) for run in suite.runs}) == 1
    assert len({id(run.config.target) for run in suite.runs}) == 2


def test_equal_sounds_of_one_name_are_one_run(folder):
    for place in ("one", "two"):
        (folder / place).mkdir()
        (folder / place / "a.flac").write_bytes(SOUND.read_bytes())
    suite = make_suite({"targets": [{"path": "*/a.flac"}, {"path": "?.flac"}]}, folder / "s.yaml")
    assert [run.id[:2] for run in suite.runs] == ["a-", "b-"]
    assert len({run.sha256 for run in suite.runs}) == 1


def test_the_bytes_of_a_model_count_and_its_name_does_not(tmp_path):
    def files_and_hash(embedding, **search):
        objectives = [{"name": "embedding", "options": {"embedding": embedding}}]
        content = {"target": {"random": 0}, "objectives": objectives, "search": search}
        made = check_experiment(content, "test")
        return [path.name for path in input_files(made)], config_sha256(made)

    folder = tmp_path / "network"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "README"):
        (folder / name).write_bytes(b"1")
    files, before = files_and_hash(f"clap:{folder}")
    assert files == ["config.json", "model.safetensors"]
    (folder / "README").write_bytes(b"2")
    assert files_and_hash(f"clap:{folder}")[1] == before
    (folder / "model.safetensors").write_bytes(b"2")
    assert files_and_hash(f"clap:{folder}")[1] != before
    model = folder / "model.safetensors"
    assert files_and_hash("mel_stats", finalists=[f"passt:{model}"])[0] == [model.name]
    assert files_and_hash("mel_stats", model=str(folder))[0] == files
    assert files_and_hash("mel_stats")[0] == []


def choice(*values):
    return st.sampled_from(values)


EXPERIMENTS = st.fixed_dictionaries(
    {"target": choice({"path": "a.flac"}, {"random": 3}, {"random": 1, "midi": "bass.mid"})},
    optional={
        "synth": choice("fm", {"name": "subtractive", "lock": "soft.yaml"}, {"plugin": "fm"}),
        "search": choice({}, {"method": "cmaes"}, {"initial": ["a.flac"]}, {"renders": 300}),
        "objectives": choice(["mrstft"], [{"name": "mrstft", "weight": 2}, "envelope"]),
        "seed": st.integers(0, 3),
        "sr": choice(22_050, 44_100.0),
        "constraints": choice({}, {"loudness": [-30, None]}),
        "record": choice({}, {"match": 1}),
    },
)
WRONG = choice(
    ("target", {"randm": 1}),
    ("target", None),
    ("search", {"renders": -1}),
    ("search", None),
    ("search", []),
    ("synth", {"lock": "none.yaml"}),
    ("objectives", []),
    ("objectives", ["mrstft", "mrstft"]),
    ("seed", "x"),
    ("seed", True),
    ("sed", {"a": 1}),
    ("constraints", {"loudnes": [0, 1]}),
)


@settings(max_examples=size(2_000, 60), deadline=None)
@given(contents=st.lists(EXPERIMENTS, min_size=1, max_size=6))
def test_experiments_are_those_that_are_checked_one_by_one(contents, folder):
    parts = CheckedParts(folder)
    for content in contents:
        alone = check_experiment(resolve_files(content, folder), "alone")
        alone = beside_folder(alone, folder)
        shared = parts.experiment(content, "shared")
        assert shared.model_dump_json() == alone.model_dump_json()
        assert parts.sha256(shared) == config_sha256(alone)


@settings(max_examples=size(1_000, 40), deadline=None)
@given(content=EXPERIMENTS, wrong=WRONG)
def test_a_mistake_has_the_sentence_of_an_experiment_alone(content, wrong, folder):
    content = content | dict([wrong])
    parts = CheckedParts(folder)
    expected = sentence(lambda: check_experiment(resolve_files(content, folder), "it"))
    for _ in range(2):  # a mistake is not forgotten
        assert sentence(lambda: parts.experiment(content, "it")) == expected


def sentence(check):
    """Return the error message of a check; None if there is none."""
    try:
        check()
    except ExperimentError as error:
        return str(error)
    return None


def test_overrides_are_parsed_once(folder, monkeypatch):
    parsed = []
    read = config.read_assignment
    monkeypatch.setattr(config, "read_assignment", lambda text: parsed.append(text) or read(text))
    content = {"targets": [{"random": 0}], "sweep": {"seed": "0..99"}}
    suite = make_suite(content, folder / "suite.yaml", ["target={random: 9}"])
    assert len(suite.runs) == 100
    assert {run.config.target.random for run in suite.runs} == {9}
    assert parsed == ["target={random: 9}"]
