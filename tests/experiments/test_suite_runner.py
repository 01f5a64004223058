"""Suites as they are run: side by side, through failures, crashes, Ctrl-C and kills."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import yaml

from experiments.suite import read_suite

GOOD = {
    "name": "small",
    "defaults": {
        "target": {"notes": "C3+E3+G3:0.1", "length": 0.2},
        "search": {"method": "cmaes", "renders": 120, "calibration": 20},
    },
    "targets": [{"random": 9}],
    "sweep": {"objectives": [["envelope"], ["rms_cosine"]]},
}
# each of these fails in a way of its own
SUITE = GOOD | {
    "targets": [{"random": 9}, {"path": "nowhere.wav"}],
    "sweep": {"objectives": [["deadly"], ["envelope"], ["defective"], ["rms_cosine"]]},
}

# objectives as another package would bring them
PACKAGE = """
import os, signal
from objectives import OBJECTIVES

class Deadly(OBJECTIVES["envelope"]):
    name = "deadly"

    def prepare(self, target):
        os.kill(os.getpid(), signal.SIGKILL)

class Defective(OBJECTIVES["envelope"]):
    name = "defective"

    def prepare(self, target):
        return {}["nothing"]
"""


def write(folder, suite):
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(suite, sort_keys=False))
    (folder / "out").mkdir(exist_ok=True)
    if suite is not SUITE:  # nothing is tried to see how long it takes
        told = '{"id": "", "synth": "subtractive", "pace": 0.01}'
        (folder / "out" / "pace.jsonl").write_text(told)
    return path


def start(folder, *more, mark="", package=""):
    code = "from experiments.cli import main; main()"
    told = {"OMP_NUM_THREADS": "1", "SUITE_MARK": mark, "PYTHONPATH": str(package)}
    return subprocess.Popen(
        [sys.executable, "-c", code, "run", "suite.yaml", "--out", "out", *more],
        cwd=folder,
        env=os.environ | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that Ctrl-C can be sent to all of them, as a terminal does
    )


def found(folder):
    """What the finished runs found, but for their times."""
    runs = {}
    for path in sorted((folder / "out" / "runs").glob("*/summary.json")):
        summary = json.loads(path.read_text())
        summary.pop("seconds")
        runs[path.parent.name] = summary, (path.parent / "best.wav").read_bytes()
    return runs


def marked(mark):
    """Processes that were started with a mark."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"SUITE_MARK={mark}".encode() in (place / "environ").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return found


def wait_for_nothing(mark):
    deadline = time.monotonic() + 5
    while marked(mark):
        assert time.monotonic() < deadline, "orphans"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A suite of which two runs are finished and six fail, run with two workers."""
    folder = tmp_path_factory.mktemp("small")
    package = folder / "package"
    (package / "deadly-1.dist-info").mkdir(parents=True)
    (package / "deadly.py").write_text(PACKAGE)
    (package / "deadly-1.dist-info" / "METADATA").write_text("Name: deadly\nVersion: 1\n")
    (package / "deadly-1.dist-info" / "entry_points.txt").write_text(
        "[patchwright.objectives]\ndeadly = deadly:Deadly\ndefective = deadly:Defective\n"
    )
    write(folder, SUITE)
    process = start(folder, "--workers", "2", package=package)
    said, complaint = process.communicate()
    failed = json.loads((folder / "out" / "failed.json").read_text())
    return folder, process.returncode, said, complaint, {f["id"]: f["error"] for f in failed}


def test_whatever_becomes_of_one_run_the_others_are_finished(small):
    folder, code, said, complaint, errors = small
    assert code == 1
    assert "take about" not in said  # that was tried with a run that ends its process
    assert "median match" in said
    assert len(found(folder)) == 2
    assert len(errors) == 6
    for name, error in errors.items():
        assert f"{name} failed: {error}" in complaint
        if name.startswith("nowhere"):
            assert error.startswith("There is no file")
        elif "deadly" in name:
            assert error == "It ended its process (SIGKILL), also when it ran alone."
        else:
            assert error.startswith("KeyError: 'nothing' (more in ")
    assert "6 of 8 runs failed" in complaint
    (told,) = folder.rglob("error.txt")
    assert "Traceback" in told.read_text()
    assert "Traceback" not in complaint


def test_a_polyphonic_run_plays_all_notes(small):
    for summary, _ in found(small[0]).values():
        assert summary["target"]["notes"].count("@0/100") == 3


def test_finished_runs_are_not_repeated(small, patchwright):
    folder = small[0]
    files = {path: path.stat().st_mtime_ns for path in (folder / "out" / "runs").rglob("*")}
    path = write(folder, GOOD)  # of the same runs, two
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


def test_interrupted_and_killed_a_suite_goes_on_and_ends_the_same(small, tmp_path, patchwright):
    path = write(tmp_path, GOOD)
    mark = uuid.uuid4().hex

    def begin():
        process = start(tmp_path, "--workers", "2", mark=mark)
        logs = "out/runs/*/evaluations/*"
        before = len(list(tmp_path.glob(logs)))
        while len(list(tmp_path.glob(logs))) < before + 2:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.002)
        return process

    process = begin()
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in complaint
    command = "patchwright run suite.yaml --out out --workers 2"
    assert complaint.strip().splitlines()[-1].strip() == command
    wait_for_nothing(mark)
    process = begin()
    process.kill()
    process.communicate()
    wait_for_nothing(mark)
    assert len(found(tmp_path)) < 2
    code, _, complaint = patchwright("run", path, "--out", tmp_path / "out", "--workers", "1")
    assert code == 0, complaint
    assert found(tmp_path) == found(small[0])
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


def test_two_processes_cannot_share_a_suite(complaint, tmp_path):
    import filelock

    path = write(tmp_path, GOOD)
    with filelock.FileLock(tmp_path / "out" / ".lock"):
        assert "in use by another process" in complaint("run", path, "--out", tmp_path / "out")
