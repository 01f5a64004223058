"""The examples in docstrings, run as doctests."""

import doctest
import importlib
import pkgutil
import re
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import patchwright

FOLDERS = ("synths", "objectives", "search", "surrogates", "experiments")
OPTIONAL = {
    "dawdreamer",
    "distributed",
    "kymatio",
    "onnxruntime",
    "psycopg",
    "ribs",
    "transformers",
    "vita",
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PROMPT = re.compile(r"^\s*>>> ", re.MULTILINE)


def modules(name: str, path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the names and files of a package and its modules, without importing them."""
    yield name, path / "__init__.py"
    for module in pkgutil.iter_modules([str(path)]):
        if module.ispkg:
            yield from modules(f"{name}.{module.name}", path / module.name)
        else:
            yield f"{name}.{module.name}", path / f"{module.name}.py"


def folder(name: str) -> Path:
    (path,) = importlib.import_module(name).__path__
    return Path(path)


PROMPTS = {
    name: len(PROMPT.findall(file.read_text(encoding="utf-8")))
    for package in ("patchwright", *(f"patchwright.{name}" for name in FOLDERS))
    for name, file in modules(package, folder(package))
}


def failures(module: types.ModuleType) -> tuple[int, str]:
    """Run a module's examples; return their number, and a report of the wrong ones."""
    runner, report = doctest.DocTestRunner(optionflags=FLAGS), []
    for test in doctest.DocTestFinder().find(module):
        runner.run(test, out=report.append)
    return runner.tries, "".join(report)


@pytest.mark.parametrize("name", [name for name, prompts in PROMPTS.items() if prompts])
def test_examples_are_right(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{error.name} is not installed")
    count, report = failures(module)
    assert not report, report
    assert count == PROMPTS[name]  # doctest found all of them


def test_a_wrong_example_is_found():
    module = types.ModuleType("wrong", "An example.\n\n>>> 1 + 1\n3\n")
    assert failures(module)[0] == 1
    assert "Expected:\n    3\nGot:\n    2" in failures(module)[1]


def test_the_examples_of_every_package_are_found():
    assert patchwright.__name__ in PROMPTS
    for name in ("synths", "objectives", "search", "experiments"):
        assert any(
            prompts for module, prompts in PROMPTS.items() if module.split(".")[1:2] == [name]
        )
