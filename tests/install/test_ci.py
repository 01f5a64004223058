"""The workflow of the public CI, checked without running it."""

import os
import re

import yaml

from tests.install.wheels import ROOT, needs, project, pythons

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
JOBS = WORKFLOW["jobs"]


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_every_promised_python_is_tried_on_three_systems():
    systems = {JOBS["gate"]["runs-on"], *JOBS["other-systems"]["strategy"]["matrix"]["system"]}
    assert {name.split("-")[0] for name in systems} == {"ubuntu", "windows", "macos"}
    for job in JOBS.values():
        assert job["strategy"]["matrix"]["python"] == pythons()
    assert project()["requires-python"] == f">={pythons()[0]}"


def test_linux_runs_the_gate_and_whatever_is_named_exists():
    (gate,) = commands("gate")
    assert os.access(ROOT / gate, os.X_OK)
    install, test = commands("other-systems")
    extras = re.search(r"\[(.+)\]", install)[1].split(",")
    assert {"test", *needs()} >= set(extras)
    paths = [word for word in test.split() if word.startswith("tests/")]
    assert len(paths) >= 5
    assert all((ROOT / path).is_dir() for path in paths)
    assert (ROOT / re.search(r"-c (\S+)", install)[1]).is_file()
