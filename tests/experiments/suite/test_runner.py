"""Execution of suites: in parallel, through failures, crashes and Ctrl-C."""

import json
import os
import signal
import time
import uuid

import pytest

from patchwright.experiments.suite import read_suite
from tests.experiments.suites import marked, start, write

GOOD = {
    "name": "small",
    "defaults": {
        "target": {"notes": "C3+E3+G3:0.1", "length": 0.2},
        "search": {"method": "cmaes", "renders": 120, "calibration": 20},
    },
    "targets": [{"random": 9}],
    "sweep": {"objectives": [["envelope"], ["rms_cosine"]]},
}
# some of these fail, each in its own way
SUITE = GOOD | {
    "targets": [{"random": 9}, {"path": "nowhere.wav"}],
    "sweep": {"objectives": [["deadly"], ["envelope"], ["defective"], ["rms_cosine"]]},
}

# objectives of another package
PACKAGE = """
import os, signal
from patchwright.objectives import OBJECTIVES

class Deadly(OBJECTIVES["envelope"]):
    name = "deadly"

    def prepare(self, target):
        os.kill(os.getpid(), signal.SIGKILL)

class Defective(OBJECTIVES["envelope"]):
    name = "defective"

    def prepare(self, target):
        return {}["nothing"]
"""


def results(folder):
    """Return summaries without times, and best sounds, of the finished runs."""
    runs = {}
    for path in sorted((folder / "out" / "runs").glob("*/summary.json")):
        summary = json.loads(path.read_text())
        summary.pop("seconds")
        runs[path.parent.name] = summary, (path.parent / "best.wav").read_bytes()
    return runs


def wait_for_nothing(mark):
    deadline = time.monotonic() + 5
    while marked(mark):
        assert time.monotonic() < deadline, "orphans"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Suite executed by one worker after another, of which two runs finish and six fail."""
    folder = tmp_path_factory.mktemp("small")
    package = folder / "package"
    (package / "deadly-1.dist-info").mkdir(parents=True)
    (package / "deadly.py").write_text(PACKAGE)
    (package / "deadly-1.dist-info" / "METADATA").write_text("Name: deadly\nVersion: 1\n")
    (package / "deadly-1.dist-info" / "entry_points.txt").write_text(
        "[patchwright.objectives]\ndeadly = deadly:Deadly\ndefective = deadly:Defective\n"
    )
    write(folder, SUITE)
    (folder / "out" / "pace.jsonl").unlink()  # so that the plan tries a run, which ends its process
    path = os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])
    process = start(folder, "--workers", "1", PYTHONPATH=path)
    said, complaint = process.communicate()
    failed = json.loads((folder / "out" / "failed.json").read_text())
    return folder, process.returncode, said, complaint, {f["id"]: f["error"] for f in failed}


def test_whatever_becomes_of_one_run_the_others_are_finished(small):
    folder, code, said, complaint, errors = small
    assert code == 1
    assert "take about" not in said  # the trial ended its process
    assert "median match" in said
    assert len(results(folder)) == 2
    assert len(errors) == 6
    for name, error in errors.items():
        assert f"{name} failed: {error}" in complaint
        if name.startswith("nowhere"):
            assert error.startswith("There is no file")
        elif "deadly" in name:
            assert "ended its process (SIGKILL), also when run alone" in error
        else:
            assert error.startswith("KeyError: 'nothing' (more in ")
    assert "6 of 8 runs failed" in complaint
    (file,) = folder.rglob("error.txt")
    assert "Traceback" in file.read_text()
    assert "Traceback" not in complaint


def test_a_polyphonic_run_plays_all_notes(small):
    for summary, _ in results(small[0]).values():
        assert summary["target"]["notes"].count("@0/100") == 3


def test_finished_runs_are_not_repeated(small, patchwright):
    folder = small[0]
    files = {path: path.stat().st_mtime_ns for path in (folder / "out" / "runs").rglob("*")}
    path = write(folder, GOOD)  # two of these runs
    code, said, complaint = patchwright("run", path, "--out", folder / "out")
    assert code == 0, complaint
    assert "2 of 2 runs are finished" in said
    assert len(files) > 10
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_dry_run_writes_nothing(small, patchwright):
    folder = small[0]
    path = write(folder, GOOD | {"sweep": GOOD["sweep"] | {"seed": "0..1"}})
    before = sorted(folder.rglob("*"))
    code, said, _ = patchwright("run", path, "--out", folder / "out", "--dry-run")
    assert code == 0
    ids = [line.split()[-1] for line in said.splitlines() if "-cmaes-" in line]
    assert ids == [run.id for run in read_suite(path).runs]
    assert said.count("* ") == 2
    assert sorted(folder.rglob("*")) == before


def test_interrupted_a_suite_goes_on_and_ends_the_same(small, tmp_path, patchwright):
    path = write(tmp_path, GOOD)
    mark = uuid.uuid4().hex
    process = start(tmp_path, "--workers", "2", SUITE_MARK=mark)
    while len(list(tmp_path.glob("out/runs/*/evaluations/*"))) < 2:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in complaint
    command = "patchwright run suite.yaml --out out --workers 2"
    assert complaint.strip().splitlines()[-1].strip() == command
    wait_for_nothing(mark)
    assert len(results(tmp_path)) < 2
    code, _, complaint = patchwright("run", path, "--out", tmp_path / "out", "--workers", "1")
    assert code == 0, complaint
    assert results(tmp_path) == results(small[0])
    assert json.loads((tmp_path / "out" / "failed.json").read_text()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--workers", "0"], "--workers must be at least 1"),
        (["--set", "search.rendres=3"], "did you mean 'renders'?"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, sentence, complaint, tmp_path):
    path = write(tmp_path, GOOD)
    assert sentence in complaint("run", path, *arguments)
    assert not (tmp_path / "runs").exists()


def test_one_run_has_no_plan(complaint, tmp_path):
    path = write(tmp_path, {"target": {"random": 0}})
    assert "leave out --dry-run" in complaint("run", path, "--dry-run")
