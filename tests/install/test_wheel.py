"""The wheel: what it contains, and that it works in an environment with nothing else."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import patchwright
from tests.sizes import size

ROOT = Path(__file__).parents[2]
FOLDERS = ("experiments", "objectives", "search", "surrogates", "synths")


def run(*arguments, cwd):
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources():
    """Return the paths in the checkout that git does not ignore, new files included."""
    if not (ROOT / ".git").exists():
        pytest.skip("git lists the files that belong in the wheel, and this is not a checkout")
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT)
    return {path for path in listed.split("\0") if path and (ROOT / path).is_file()}


def installed(path):
    """Return whether a file is part of the package: all in its folders but texts and pictures."""
    text = path.endswith(".md") and not path.endswith("/LICENSE.md")
    return path.startswith(tuple(f"{name}/" for name in FOLDERS)) and not (
        text or path.startswith("experiments/images/")
    )


@pytest.fixture
def wheel(tmp_path):
    """Wheel of a copy of the checkout, so that no file of an earlier build is included."""
    for path in sources():
        copy = tmp_path / "copy" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy)
    pip = (sys.executable, "-m", "pip")
    run(*pip, "wheel", ".", "--no-deps", "-w", tmp_path / "wheel", cwd=tmp_path / "copy")
    (built,) = (tmp_path / "wheel").iterdir()
    return built


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel):
    contents = zipfile.ZipFile(wheel).namelist()
    metadata = f"patchwright-{patchwright.__version__}.dist-info/"
    information = {name for name in contents if name.startswith(metadata)}
    expected = {f"patchwright/{path}" for path in sources() if installed(path)}
    data = {Path(path).suffix for path in expected}
    assert data >= {".css", ".flac", ".j2", ".json", ".md", ".mid", ".py", ".yaml"}
    expected |= {path for path in sources() if path.startswith("patchwright/")}
    assert set(contents) - information == expected


@pytest.mark.skipif(size(False, True), reason="make test-long: it installs everything anew")
def test_the_wheel_matches_the_shipped_trumpet_in_an_empty_environment(wheel, tmp_path):
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "venv", environment, cwd=tmp_path)
    constraints = ("-c", ROOT / "constraints.txt")
    run(python, "-m", "pip", "install", *constraints, wheel, cwd=tmp_path)
    folder = "import importlib.resources as r; print(r.files('patchwright.experiments'))"
    package = Path(run(python, "-c", folder, cwd=tmp_path).strip())
    assert package.is_relative_to(environment)
    trumpet = package / "targets" / "trumpet_c4.flac"
    run(
        *(environment / "bin" / "patchwright", "match", trumpet),
        *("--renders", "200", "--out", "found"),
        cwd=tmp_path,
    )
    assert "<audio" in (tmp_path / "found" / "report.html").read_text()
    assert json.loads((tmp_path / "found" / "summary.json").read_text())["match"] > 0
    locks = run(environment / "bin" / "patchwright", "synths", cwd=tmp_path)
    assert "amsynth-32" in locks
