"""The README's Python example runs in a project that has packages named like these folders."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.sizes import size

README = Path(__file__).parents[2] / "README.md"
FOLDERS = ("experiments", "objectives", "search", "surrogates", "synths")
WAYS = {
    "-c": lambda code: ["-c", code],
    "-m": lambda _: ["-m", "example"],
    "script": lambda _: ["example.py"],
}


def readme_example(*, renders):
    """Return the README's Python example with fewer renders."""
    section = README.read_text().split("\n## The same from Python\n")[1].split("\n## ")[0]
    (code,) = re.findall(r"```python\n(.+?)```", section, re.DOTALL)
    quick, n = re.subn(r'(?<="renders": )\d+', str(renders), code)
    assert n == 1, "the example names its renders once"
    return quick


@pytest.fixture
def project(tmp_path):
    """Folder with a short recording, and packages that write a file when they are imported."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'a').write(__name__)\n"
            "raise RuntimeError('a package of the user was imported')\n"
        )
    seconds = np.arange(22_050) / 44_100
    note = 0.5 * np.sin(2 * np.pi * 220 * seconds) * np.exp(-4 * seconds)
    soundfile.write(tmp_path / "my_note.wav", note, 44_100)
    return tmp_path


def python(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("way", size([*WAYS], ["script"]))
def test_the_example_runs_beside_packages_of_the_same_names(way, project):
    code = readme_example(renders=120)
    (project / "example.py").write_text(code)
    done = python(project, *WAYS[way](code))
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"(\d+)% (\d+ Hz)\nlisten: (\S+)\n", done.stdout)
    assert found, done.stdout
    assert 0 < int(found[1]) <= 100
    assert (project / found[3]).is_file()
    assert not (project / "imported").exists(), (project / "imported").read_text()


@pytest.mark.parametrize("name", FOLDERS)
def test_those_packages_would_be_found_first(name, project):
    done = python(project, "-c", f"import {name}")
    assert "a package of the user was imported" in done.stderr
    assert (project / "imported").read_text() == name


@pytest.mark.parametrize("name", FOLDERS)
def test_the_environment_has_no_such_package(name, tmp_path):
    code = f"import importlib.util; print(importlib.util.find_spec({name!r}))"
    assert python(tmp_path, "-c", code).stdout == "None\n"
    assert importlib.util.find_spec(f"patchwright.{name}") is not None


def test_the_distribution_installs_one_name(tmp_path):
    code = (
        "from importlib.metadata import packages_distributions\n"
        "for name, distributions in packages_distributions().items():\n"
        "    if 'patchwright' in distributions:\n"
        "        print(name)"
    )
    assert python(tmp_path, "-c", code).stdout == "patchwright\n"
