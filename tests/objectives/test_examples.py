"""The examples in docstrings, and the one at the head of objectives/README.md."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from patchwright import objectives

KERNELS = "patchwright.objectives.distances.magnitude_kernel"  # compiles on import, has no examples
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(objectives.__path__, f"{objectives.__name__}.")
    if module.name != KERNELS
)


@pytest.mark.parametrize("name", [objectives.__name__, *MODULES])
def test_examples_give_what_they_show(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", [*objectives.OBJECTIVES])
def test_every_distance_has_an_example(name):
    assert "Examples:" in objectives.OBJECTIVES[name].__doc__


def test_the_readmes_first_example_runs():
    readme = (Path(objectives.__file__).parent / "README.md").read_text(encoding="utf-8")
    found = {}
    exec(re.search(r"```python\n(.*?)```", readme, re.S)[1], found)  # noqa: S102 - our own file
    assert found["scores"].shape == (2, 2)
    assert found["scores"][0].tolist() == [0, 0]
