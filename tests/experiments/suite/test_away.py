"""Suites whose PostgreSQL server stops and starts again: nothing that was rendered is lost."""

import json
from dataclasses import replace

import pytest

from patchwright.experiments.database import open_database
from patchwright.experiments.errors import DatabaseAwayError, ExperimentError
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.run import run_experiment
from patchwright.experiments.patience import growing_pauses
from patchwright.experiments.suite import RunOutcome, read_suite, run_suite, runner
from patchwright.experiments.suite.config import make_suite
from patchwright.experiments.suite.plan import make_plan
from tests.experiments import postgresql
from tests.experiments.suites import SMALL, in_this_process, rows, write
from tests.sizes import size

TINY = SMALL | {
    "defaults": SMALL["defaults"] | {"search": {"method": "random", "renders": 12}},
    "sweep": {"search.calibration": [10], "seed": "0..1"},
}


@pytest.fixture(scope="module")
def server():
    with postgresql.stoppable_server() as made:
        yield made


@pytest.fixture
def runs(tmp_path):
    return read_suite(write(tmp_path, TINY)).runs


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Pauses between tries, which take no time here."""
    made = []
    for module in ("suite.runner", "match.destinations"):
        monkeypatch.setattr(f"patchwright.experiments.{module}.time.sleep", made.append)
    return made


@pytest.mark.parametrize("moment", size(["claim", "queue", "row"], ["row"]))
def test_a_server_that_restarts_fails_no_run(moment, server, runs, tmp_path, monkeypatch):
    """It stops before a run is claimed, while a run is queued, or before a row is written."""
    places = {"results": postgresql.new_database(server.address)}
    if moment != "row":  # which takes longer
        places["study"] = postgresql.new_database(server.address)
    expected = str(tmp_path / "expected.db")
    for outcome in run_suite(
        runs, tmp_path / "alone", workers=1, results=expected, dispatch=in_this_process
    ):
        assert outcome.error is None
    said, begun, pauses = [], [], []

    def dispatch(work, waiting):
        for each in waiting:
            begun.append(each.id)
            if (moment, len(begun)) in (("claim", 1), ("queue", 2)):
                server.stop()
            yield work(each)

    def stop_within(self, folder, **options):
        if moment == "row" and len(begun) == 1:
            server.stop()
        return write_to(self, folder, **options)

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            server.start()

    write_to = Destinations.write
    monkeypatch.setattr(Destinations, "write", stop_within)
    monkeypatch.setattr(runner.time, "sleep", pause)
    outcomes = list(
        run_suite(
            runs, tmp_path / "out", workers=1, **places, dispatch=dispatch, notice=said.append
        )
    )
    assert sorted(outcome.id for outcome in outcomes) == sorted(run.id for run in runs)
    assert {(outcome.error, outcome.unwritten, outcome.renders) for outcome in outcomes} == {
        (None, None, 12)
    }
    assert all(outcome.seconds for outcome in outcomes)
    assert pauses == [1.0, 2.0]
    assert any("wait for the database" in words for words in said)
    assert said[-1] == ""
    plan = make_plan(read_suite(tmp_path / "suite.yaml"), tmp_path / "out", workers=1, **places)
    assert (plan.waiting, plan.unwritten) == ((), ())
    assert rows(places["results"]) == rows(expected)


def test_a_server_that_stays_away_leaves_runs_that_are_finished(
    server, runs, tmp_path, pauses, patchwright, monkeypatch
):
    monkeypatch.setattr(runner, "_PATIENCE", 10.0)
    results = postgresql.new_database(server.address)
    out = tmp_path / "out"
    options = ["--out", out, "--results", results, "--workers", 1]

    def dispatch(work, waiting, **_):
        server.stop()
        return map(work, waiting)

    monkeypatch.setattr(runner, "_in_parallel", dispatch)
    try:
        code, said, complaint = patchwright("run", tmp_path / "suite.yaml", *options)
    finally:
        server.start()
    assert code == 1
    assert "runs failed" not in complaint
    assert f"{len(runs)} of {len(runs)} runs are finished, but" in complaint.replace("\n", " ")
    assert "patchwright run" in complaint
    assert "median match" in said
    assert json.loads((out / "failed.json").read_text()) == []
    assert pauses == list(growing_pauses(10.0))
    assert len(list(out.glob("runs/*/summary.json"))) == len(runs)
    monkeypatch.setattr(runner, "_in_parallel", lambda work, waiting, **_: map(work, waiting))
    code, _, complaint = patchwright("run", tmp_path / "suite.yaml", *options)
    assert code == 0, complaint
    assert len(rows(results)) == len(runs)
    code, said, complaint = patchwright(
        "run", tmp_path / "suite.yaml", "--out", tmp_path / "empty", *options[2:]
    )
    assert code == 0, complaint
    assert f"{tmp_path / 'empty' / 'runs'}" not in said
    assert "and none in" in said.replace("\n", " ")


def test_a_match_tries_again_and_says_how_to_add_the_run(server, tmp_path, pauses):
    results = postgresql.new_database(server.address)
    config = make_suite(TINY, tmp_path / "suite.yaml").runs[0].config
    options = {"results": results, "report": False}
    try:
        with pytest.raises(DatabaseAwayError, match=r"is finished: .* --resume"):
            run_experiment(
                config,
                out=tmp_path / "one",
                patience=3.0,
                **options,
                announce=lambda *_: server.stop(),
            )
    finally:
        server.start()
    assert pauses == [1.0, 2.0]
    assert (tmp_path / "one" / "summary.json").is_file()
    run_experiment(config, out=tmp_path / "one", resume=True, **options)
    assert len(rows(results)) == 1


def test_a_row_that_cannot_be_written_is_no_failed_run(runs, tmp_path, monkeypatch):
    """A mistake that no pause mends is told at once."""

    def refuse(*_, **__):
        raise ExperimentError("results.db is full: make room.")

    monkeypatch.setattr(Destinations, "write", refuse)
    (outcome,) = run_suite(runs[:1], tmp_path, workers=1, dispatch=in_this_process)
    assert replace(outcome, seconds=None) == RunOutcome(
        id=runs[0].id, renders=12, unwritten="results.db is full: make room."
    )


@pytest.mark.parametrize("name", ["nobody@HOST/postgres", "postgres@HOST/nothing"])
def test_a_wrong_address_is_a_mistake_and_not_a_server_that_is_away(name, server):
    host = server.address.partition("@")[2]
    with pytest.raises(ExperimentError) as error:
        open_database(f"postgresql://{name.replace('HOST', host)}")
    assert not isinstance(error.value, DatabaseAwayError)
    with pytest.raises(DatabaseAwayError):
        open_database("postgresql://postgres@127.0.0.1:1/postgres")
