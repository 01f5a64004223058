"""Estimates of how long a suite takes: from its finished runs, or from a trial that is kept."""

import json

import pytest

from patchwright.experiments.config import check_experiment
from patchwright.experiments.suite import RunOutcome, pace
from patchwright.experiments.suite.config import SuiteRun
from patchwright.experiments.suite.pace import paces, write_outcome

TARGET = {"random": 1, "duration": 0.1, "length": 0.15}


def run(synth="oscillators", **search):
    search = {"method": "random", "renders": 100, "calibration": 20} | search
    content = {"target": TARGET, "synth": synth, "objectives": ["mss"], "search": search}
    config = check_experiment(content, "test")
    return SuiteRun(id="x", sha256="0", labels={"synth": synth}, config=config)


@pytest.fixture
def trials(monkeypatch, tmp_path):
    """Count the trials, whose files are kept in a new folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tried = []

    def in_processes(function, configs, *, workers):
        tried.extend(configs)
        return map(function, configs)

    monkeypatch.setattr(pace, "in_processes", in_processes)
    return tried


def test_a_trial_is_made_once_for_equal_renders(trials, tmp_path):
    first = paces(tmp_path, [run(), run()])
    assert list(first) == ["oscillators"]
    assert 0 < first["oscillators"] < 1
    assert paces(tmp_path, [run()]) == first
    assert len(trials) == 1
    shorter = paces(tmp_path, [run(renders=21)])  # which has more of the other distances
    assert shorter["oscillators"] > first["oscillators"]
    assert len(trials) == 1
    paces(tmp_path, [run(method="cmaes")])
    assert len(trials) == 2


def test_a_trial_that_fails_is_not_kept(trials, tmp_path):
    failing = run(method="unknown")
    assert paces(tmp_path, [failing]) == {}
    assert paces(tmp_path, [failing]) == {}
    assert len(trials) == 2


def test_finished_runs_need_no_trial_and_damaged_lines_are_left_out(trials, tmp_path):
    for seconds in (10.0, 20.0, 60.0):
        write_outcome(tmp_path, RunOutcome(id="x", renders=100, seconds=seconds), run())
    write_outcome(tmp_path, RunOutcome(id="x", renders=0, seconds=5.0), run())
    write_outcome(tmp_path, RunOutcome(id="x", renders=100), run())
    wrong = [{"synth": "fm"}, {"id": "x", "synth": "fm", "pace": "1"}, {"id": 3}, [], -1]
    wrong += [{"id": "x", "synth": "oscillators", "pace": value} for value in (-1, 1e300, None)]
    with (tmp_path / "pace.jsonl").open("ab") as file:
        file.write("".join(json.dumps(each) + "\n" for each in wrong).encode())
        file.write(b'\xff\n{"id": "x", "synth": "oscill')
    assert paces(tmp_path, [run()]) == {"oscillators": 0.2}
    assert not trials
