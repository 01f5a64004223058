"""YAML that is wrong in any way is refused in one sentence, soon and in little memory."""

import re
import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.config import load_experiment
from patchwright.experiments.config.overrides import override
from patchwright.experiments.config.registry import _options, find
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.suite.config import read_suite
from patchwright.experiments.tune.tuning import read_tuning
from patchwright.objectives import OBJECTIVES, ObjectiveError
from patchwright.search import OPTIMIZERS, SearchError
from patchwright.synths import SynthError
from patchwright.synths.parameters.locks import read_lock
from patchwright.synths.plugins.spec import read_space
from tests.experiments.mutants import NUMBERS, ODD, mutants
from tests.experiments.yaml_samples import EXPERIMENT, LOCK, SPEC, SUITE, TUNE
from tests.sizes import size

MISTAKES = (ExperimentError, SynthError, ObjectiveError, SearchError)
READERS = {
    "experiment": (EXPERIMENT, load_experiment),
    "suite": (SUITE, read_suite),
    "tune": (TUNE, read_tuning),
    "lock": (LOCK, read_lock),
    "spec": (SPEC, read_space),
}
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
WRONG = {
    "a date": ("target: {path: a.wav}\nseed: 2001-99-99", "seed is wrong"),
    "a tag that does not suit": ("seed: !!int abc", "line 1.*'abc'"),
    "a tag of PyYAML": ("seed: !!timestamp abc", "line 1"),
    "an object": ("seed: !!python/object/apply:os.getcwd []", "line 1"),
    "5,000 digits": (f"seed: {'9' * 5000}", "line 1.*digits"),
    "a number in base 60": (f"seed: 1{':1' * 100_000}", "line 1.*digits"),
    "65 bits": (f"\n\nseed: {2**63}", "line 3.*64 bits"),
    "20,000 lists": ("[" * 20_000, "50 levels"),
    "20,000 dashes": ("- " * 20_000, "50 levels"),
    "a list in itself": ("seed: &a [*a]", r"\*a is inside"),
    "a mapping in itself": ("&a {search: *a}", r"\*a is inside"),
    "a merge with itself": ("defaults: &a {<<: *a}", r"\*a is inside"),
    "aliases that multiply": (LAUGHS, "200,000"),
    "half a surrogate": (r'seed: "\ud800"', "half"),
    "the character 0": (r'target: {path: "a\0b"}', "character 0"),
    "a key that is a number": ("1: 2", "quotes"),
    "a key that is a list": ("? [a]\n: 1", "line 1"),
    "no alias": ("seed: *a", "line 1"),
    "an open list": ("seed: [", "line 1"),
    "two documents": ("seed: 1\n---\nseed: 2", "line 2"),
    "no text": ("\x00", "not YAML"),
    "a list": ("- seed", "must hold keys and values"),
    "nothing": ("", "must hold keys and values"),
}


def refused(read, given):
    """Return the sentence with which a file or value is refused; None if it is read."""
    try:
        read(given)
    except MISTAKES as error:
        return str(error)
    return None


def assert_one_sentence(sentence):
    if sentence is not None:
        assert sentence
        assert "Traceback" not in sentence
        assert re.search(r"[.?]$|[:,] ", sentence), sentence
        assert len(sentence) < 2_000


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_yaml_is_one_sentence_that_names_the_place(kind, tmp_path):
    text, part = WRONG[kind]
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    sentence = refused(load_experiment, path)
    assert sentence is not None
    assert str(path) in sentence
    assert re.search(part, sentence)
    for _, read in READERS.values():
        assert_one_sentence(refused(read, path))


def test_aliases_that_multiply_take_little_memory(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(LAUGHS)
    tracemalloc.start()
    assert refused(load_experiment, path) is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"seed: \xe9", b"a" * (2 * 2**20 + 1)])
def test_bytes_that_are_no_yaml_are_one_sentence(data, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_bytes(data)
    for _, read in READERS.values():
        sentence = refused(read, path)
        assert_one_sentence(sentence)
        assert str(path) in sentence


def test_what_is_no_file_is_one_sentence():
    for place in ("/dev/zero", "/", "nowhere.yaml"):
        for name in ("experiment", "suite", "tune", "spec"):
            assert place in refused(READERS[name][1], Path(place))


def test_aliases_merges_and_pairs_are_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "search: &s {renders: 500}\n"
        'target: {<<: {note: 60}, path: "\\ud83d\\ude00 2001-01-01.wav"}\n'
        "synth: {name: fm, lock: &l {index: 3}, limit: {}}\nseed: 0x10\n"
    )
    config = load_experiment(path)
    assert config.target.note == 60
    assert config.target.name == "😀 2001-01-01"
    assert config.seed == 16


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=size(1_000, 60), deadline=None)
@given(data=st.data())
def test_a_file_with_other_values_is_read_or_refused_in_one_sentence(kind, data, tmp_path_factory):
    content, read = READERS[kind]
    path = tmp_path_factory.getbasetemp() / f"mutant-{kind}.yaml"
    path.write_text(yaml.safe_dump(data.draw(mutants(content)), sort_keys=False))
    assert_one_sentence(refused(read, path))


@settings(max_examples=size(1_000, 60), deadline=None)
@given(data=st.data())
def test_text_that_was_changed_is_read_or_refused_in_one_sentence(data, tmp_path_factory):
    content, read = data.draw(st.sampled_from([*READERS.values()]))
    text = yaml.safe_dump(content, sort_keys=False)
    at = data.draw(st.integers(0, len(text)))
    signs = st.sampled_from([*"[]{}&*!|>%@`'\"#-?:,\n\t =~", "!!int ", "<<: ", "&a ", "*a", "\x85"])
    put = "".join(data.draw(st.lists(signs, min_size=1, max_size=4)))
    path = tmp_path_factory.getbasetemp() / "changed.yaml"
    path.write_text(text[:at] + put + text[at + data.draw(st.integers(0, 3)) :], encoding="utf-8")
    assert_one_sentence(refused(read, path))


@settings(max_examples=size(1_000, 100), deadline=None)
@given(st.data())
def test_an_option_of_a_wrong_type_is_one_sentence(data):
    kind, classes = data.draw(
        st.sampled_from([("optimizer", OPTIMIZERS), ("objective", OBJECTIVES)])
    )
    names = [name for name, cls in classes.items() if _options(cls)]
    name = data.draw(st.sampled_from(names))
    option = data.draw(st.sampled_from(_options(classes[name])))
    value = data.draw(st.sampled_from(ODD + NUMBERS))
    sentence = refused(lambda given: find(kind, name, classes, given), {option: value})
    assert_one_sentence(sentence)
    if sentence is None:
        assert not isinstance(value, dict) or name == "islands"
        assert not isinstance(value, list) or option in ("operators", "methods")


def test_an_option_of_a_wrong_type_is_refused_by_the_commands(complaint, tmp_path):
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(SUITE | {"sweep": {"seed": "0..1"}}))
    for value in ("[1]", "abc", "true", ".nan", "{a: 1}"):
        wrong = ("--set", "search.method=cmaes", "--set", f"search.options={{sigma: {value}}}")
        assert "sigma" in complaint("run", "s.yaml", "--dry-run", *wrong)


@settings(max_examples=size(1_000, 100), deadline=None)
@given(st.sampled_from(ODD), st.sampled_from(["seed", "search", "target.path", "synth.lock.x"]))
def test_any_assignment_is_made_or_refused_in_one_sentence(value, key):
    text = yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n")
    for assignment in (f"{key}={text}", f"{key}={text}]", f"{key}=&a [*a]", f"{key}={'[' * 60}"):
        try:
            override({"target": {}}, assignment)
        except MISTAKES as error:
            assert_one_sentence(str(error))
