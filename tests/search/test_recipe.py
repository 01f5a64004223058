"""The example and the recipe in search/README.md, followed literally: their code is tested here."""

import importlib
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from patchwright import search
from patchwright.experiments.config.registry import find
from patchwright.search import OPTIMIZERS, Budget, Evaluations, Optimizer, run
from tests import foreign_package
from tests.search.spaces import subspace_of

README = (Path(search.__file__).parent / "README.md").read_text(encoding="utf-8")
TESTS = Path(__file__).parent


def blocks(heading, language):
    """The code blocks of a language below a heading of the README."""
    section = README.partition(f"{heading}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", section, re.M | re.S)
    return [textwrap.dedent(block) for _, block in found]


CODE, ROW = blocks("\n## A new optimizer", "python")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder on the import path with the module that step 1 of the recipe writes."""
    (tmp_path / "hill_climbing.py").write_text(CODE, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "hill_climbing", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def registered():
    """The row that step 2 adds to `OPTIMIZERS`."""
    made = importlib.import_module("hill_climbing").HillClimbing
    return eval(f"{{{ROW}}}", {"HillClimbing": made})  # noqa: S307 - our README's


def found_by(optimizer):
    def evaluate(genotypes):
        n = len(genotypes)
        scores = ((genotypes - 0.3) ** 2).mean(axis=1, keepdims=True)
        return Evaluations(genotypes, scores, np.zeros(n, np.int8), np.zeros(n))

    return run(evaluate, optimizer, Budget(renders=400)).genotype


def test_the_example_at_the_head_runs():
    (example,) = blocks("# search: optimizers that propose presets", "python")
    names = {}
    exec(example, names)  # noqa: S102 - our README's
    assert names["preset"] == pytest.approx([0.3, 0.3], abs=0.05)


def test_a_new_optimizer_is_used_by_name_and_with_options(folder, monkeypatch):
    for name, made in registered().items():
        monkeypatch.setitem(OPTIMIZERS, name, made)
    made = find("optimizer", "hill_climbing", OPTIMIZERS, ["population", "sigma"])
    assert issubclass(made, Optimizer)
    assert made.own_options() == {"population": 20, "sigma": 0.1}
    genotype = found_by(made(subspace_of("cccc"), 1, seed=0, sigma=0.05))
    assert genotype == pytest.approx([0.3] * 4, abs=0.05)


def test_an_optimizer_of_another_package_is_used_by_name(folder):
    (toml,) = blocks("\n## A new optimizer", "toml")
    foreign_package.install(folder / "hill_climbing.py", toml)
    assert "hill_climbing" not in OPTIMIZERS
    made = find("optimizer", "hill_climbing", OPTIMIZERS)
    assert found_by(made(subspace_of("cccc"), 1, seed=0)) == pytest.approx([0.3] * 4, abs=0.1)


def test_a_new_optimizer_conforms(folder):
    """The suite runs on every registered name, once a pytest plugin has registered the new one."""
    (folder / "register.py").write_text(
        "from hill_climbing import HillClimbing\n"
        "from patchwright.search import OPTIMIZERS\n"
        f"OPTIMIZERS |= {{{ROW}}}\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "register", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-k", "hill_climbing", str(TESTS / "test_conformance.py")],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=TESTS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 15, done.stdout
