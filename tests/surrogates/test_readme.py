"""The examples and the recipe in surrogates/README.md, followed literally."""

import importlib
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import yaml

from patchwright import surrogates
from patchwright.experiments.config.dataset import load_dataset_config
from patchwright.surrogates.datasets import SOURCES, Dataset
from tests.surrogates.datasets import test_sources as conformance
from tests.surrogates.tiny import SR, make, recipe

README = (Path(surrogates.__file__).parent / "README.md").read_text(encoding="utf-8")


def code(heading, language):
    """Return the first block of code of a language below a heading."""
    _, _, text = README.partition(f"# {heading}\n")
    _, block = re.search(rf"^( *)```{language}\n(.*?)^ *```$", text, re.M | re.S).groups()
    return textwrap.dedent(block)


def test_the_example_of_reading(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(Path("datasets/subtractive"), recipe(presets=400))
    names = {}
    exec(code("Datasets", "python"), names)  # noqa: S102 - our README's
    data = Dataset(Path("datasets/subtractive"))
    assert names["heard"].shape == (1, *data.features.shape)
    assert names["levels"].shape == (len(data.rows("train")), *data.features.shape)
    assert names["data"].features.sr == SR


def test_the_example_of_a_recipe(tmp_path):
    (tmp_path / "recipe.yaml").write_text(code("A recipe", "yaml"))
    config = load_dataset_config(tmp_path / "recipe.yaml", {})
    shown = set(yaml.safe_load(code("A recipe", "yaml")))
    assert shown | {"dry"} == set(type(config).model_fields)  # of effects alone
    assert (config.notes.pitch[0], config.notes.pitch[-1], config.notes.different) == (36, 84, 294)
    assert {source.name for source in config.sources} == set(SOURCES)
    (_, joint, bank, run), (first,) = config.sources, config.include
    assert joint.prior == "musical"
    assert bank.presets == [tmp_path / "banks" / "mine.json"]
    assert run.presets[1] == tmp_path.parent / "runs" / "first"
    assert first == tmp_path / "runs" / "first"


@pytest.fixture
def extremes(tmp_path, monkeypatch):
    """New source, registered as in step 2."""
    (tmp_path / "extremes.py").write_text(code("To add a source", "python"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "extremes", raising=False)
    made = importlib.import_module("extremes").Extremes
    monkeypatch.setitem(SOURCES, made.name, made)
    return made


def test_a_new_source_passes_the_conformance_tests(extremes):
    source = SOURCES["extremes"]()
    conformance.test_draws_are_presets_of_the_subspace(source)
    conformance.test_draws_depend_on_the_generator_alone(source)
    drawn = extremes(rate=1.0).draw(50, conformance.SUBSPACE, np.random.default_rng(0))
    continuous = drawn[:, conformance.SUBSPACE.levels == 0]
    assert set(np.unique(continuous)) == {0.0, 1.0}
