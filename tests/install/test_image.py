"""The container image, checked without building it."""

import re
import shlex
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.needs import missing

ROOT = Path(__file__).parents[2]


def instructions():
    """Return the instructions of the Dockerfile in order: name and arguments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line]


def commands():
    """Yield every command of the RUN instructions, split into words."""
    for name, line in instructions():
        if name == "RUN":
            for command in line.split("&&"):
                yield [word for word in shlex.split(command) if not word.startswith("DEBIAN_")]


def output(*words):
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def docker(target, *variables):
    """The words of the last command that make runs for a target."""
    return shlex.split(
        output("make", "-n", "--no-print-directory", target, *variables)
        .replace("\\\n", " ")
        .splitlines()[-1]
    )


def test_every_path_that_is_copied_exists_and_is_sent_to_the_engine():
    sent = {
        line[1:].rstrip("/")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {path for name, line in instructions() if name == "COPY" for path in line.split()[:-1]}
    assert copied == sent
    assert all((ROOT / path).exists() for path in copied)
    assert copied >= {"constraints.txt", "patchwright", "experiments"}


def test_every_debian_package_exists():
    if shutil.which("apt-cache") is None or not output("apt-cache", "show", "python3"):
        missing("a list of Debian's packages is not here: apt-get update")
    (words,) = [words for words in commands() if words[:2] == ["apt-get", "install"]]
    packages = [word for word in words[2:] if not word.startswith("-")]
    assert "amsynth" in packages
    for package in packages:
        assert output("apt-cache", "show", package), package


def test_every_extra_exists_and_pip_follows_the_constraints():
    (words,) = [words for words in commands() if words[0] == "pip" and "-c" in words]
    extras = set(re.search(r"\[(.*)\]", words[-1]).group(1).split(","))
    known = set(distribution("patchwright").metadata.get_all("Provides-Extra"))
    assert extras == known - {"test", "notebooks"}
    assert words[words.index("-c") + 1] == "constraints.txt"
    assert re.search(r"^torch==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def test_instructions_are_known_and_begin_with_the_base():
    names = [name for name, _ in instructions()]
    assert names[:2] == ["ARG", "FROM"]
    assert set(names) <= {"ARG", "FROM", "RUN", "ENV", "WORKDIR", "COPY", "EXPOSE", "CMD"}


@pytest.mark.parametrize("base", [None, "nvidia/cuda:12.8.1-runtime-ubuntu24.04"])
def test_the_makefile_passes_the_base_and_opens_a_shell(base):
    words = docker("build-image", *([] if base is None else [f"BASE={base}"]))
    assert words[:2] == ["docker", "build"]
    assert (f"BASE={base}" in words) == (base is not None)
    tag = words[words.index("--tag") + 1]
    words = docker("run-image-interactive")
    assert words[:2] == ["docker", "run"]
    assert {"--rm", "--interactive", "--tty", tag} <= set(words)
    assert any(word.endswith(":/work/runs") for word in words)
