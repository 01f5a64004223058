"""`import patchwright` is quick, and its names are the objects of its packages."""

import ast
import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import patchwright

TIMED = """
import sys, time
before = set(sys.modules)
start = time.perf_counter()
import patchwright
print(time.perf_counter() - start)
print(*sorted(set(sys.modules) - before))
"""


def typed_names():
    """Return the modules of the names that type checkers see, by name."""
    tree = ast.parse(Path(patchwright.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.asname: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


TYPED = typed_names()


def run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_import_is_quick_and_loads_nothing_heavy(tmp_path):
    times, modules = zip(*(run(TIMED, tmp_path).splitlines() for _ in range(5)), strict=True)
    assert min(map(float, times)) < 0.05
    loaded = set(modules[0].split())
    assert "patchwright" in loaded
    assert not loaded & {"torch", "numpy", "librosa", "pydantic"}
    assert not {name for name in loaded if name.startswith("patchwright.")}


def test_a_match_loads_nothing_slow_that_few_need(tmp_path):
    loaded = run("import sys; from patchwright import match; print(*sys.modules)", tmp_path)
    slow = {"librosa", "numba", "pandas", "scipy.signal", "scipy.stats", "sklearn", "sqlalchemy"}
    assert not slow & set(loaded.split())


def test_every_name_is_typed():
    assert {*TYPED, "__version__"} == set(patchwright.__all__) <= set(dir(patchwright))


@pytest.mark.parametrize("name", TYPED)
def test_a_name_is_the_object_of_its_package(name):
    assert getattr(patchwright, name) is getattr(importlib.import_module(TYPED[name]), name)


def test_the_version_is_that_of_the_metadata():
    assert patchwright.__version__ == version("patchwright")


def test_a_wrong_name_is_refused():
    with pytest.raises(AttributeError, match="'patchwright' has no attribute 'mathc'"):
        patchwright.mathc  # noqa: B018
    with pytest.raises(ImportError, match="mathc"):
        from patchwright import mathc  # noqa: F401
