"""Suites with a shared database: from several processes, through kills, each run once."""

import random
import shutil
import time
import uuid

import pytest
from sqlalchemy import delete

from patchwright.experiments.database import Run, claim, open_database
from patchwright.experiments.records.folder_lock import claimed
from patchwright.experiments.suite import read_suite, run_suite
from patchwright.experiments.suite.plan import make_plan
from tests.experiments import postgresql
from tests.experiments.suites import SMALL, in_this_process, marked, rows, start, write
from tests.sizes import long, size

# number of seeds, and of kills
SEEDS, KILLS = size(whole=8, quick=1), size(whole=10, quick=1)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Suite executed in one undisturbed process."""
    folder = tmp_path_factory.mktemp("alone")
    path = write(folder, SMALL | {"sweep": SMALL["sweep"] | {"seed": f"0..{SEEDS - 1}"}})
    results = str(folder / "results.db")
    runs = read_suite(path).runs
    outcomes = run_suite(runs, folder / "out", workers=1, results=results, dispatch=in_this_process)
    assert [outcome.error for outcome in outcomes] == [None] * 2 * SEEDS
    assert len(rows(results)) == 2 * SEEDS
    return folder


@pytest.fixture(scope="module")
def server():
    with postgresql.server() as address:
        yield address


@long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_with_folders_of_their_own_share_the_runs(
    kind, alone, tmp_path, request, patchwright
):
    results = tmp_path / "shared.db"
    if kind == "postgresql":
        results = postgresql.new_database(request.getfixturevalue("server"))
    shutil.copy(alone / "suite.yaml", tmp_path)
    for out in "ab":
        shutil.copytree(alone / "out", tmp_path / out, ignore=lambda *_: ["runs"])
    options = ["--results", results, "--workers", 1]
    other = start(tmp_path, *options, out="a")
    while not list((tmp_path / "a").glob("runs/*/run.yaml")):
        assert other.poll() is None, other.communicate()
        time.sleep(0.01)
    code, said, complaint = patchwright("run", "suite.yaml", "--out", "b", *options)
    other_said, other_complaint = other.communicate()
    assert (code, other.returncode) == (0, 0), complaint + other_complaint
    assert "median match" in said
    assert "median match" in other_said
    run = [path.parent.name for path in tmp_path.glob("*/runs/*/summary.json")]
    assert sorted(run) == sorted(path.name for path in (alone / "out" / "runs").iterdir())
    assert rows(results) == rows(alone / "results.db")


def test_killed_at_random_moments_a_suite_ends_with_the_same_rows(alone, tmp_path, patchwright):
    shutil.copy(alone / "suite.yaml", tmp_path)
    out = shutil.copytree(alone / "out", tmp_path / "out", ignore=lambda *_: ["runs"])
    rng = random.Random()  # noqa: S311 - other moments each time
    mark = uuid.uuid4().hex
    logs = "runs/*/evaluations/*"
    for _ in range(KILLS):
        before = len(list(out.glob(logs)))
        process = start(tmp_path, "--results", "results.db", "--workers", 1, SUITE_MARK=mark)
        while len(list(out.glob(logs))) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 1))
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 10
        while marked(mark):
            assert time.monotonic() < deadline, "orphans"
            time.sleep(0.01)
    code, _, complaint = patchwright(
        "run", "suite.yaml", "--out", "out", "--results", "results.db", "--workers", 1
    )
    assert code == 0, complaint
    assert rows(tmp_path / "results.db") == rows(alone / "results.db")


def test_what_was_finished_and_not_written_is_written(alone, tmp_path):
    """Simulate a kill between writing the summary and writing to the databases."""
    out = shutil.copytree(alone / "out", tmp_path / "out")
    shutil.copy(alone / "results.db", tmp_path)
    suite = read_suite(alone / "suite.yaml")
    first, second = suite.runs[:2]
    results, study = str(tmp_path / "results.db"), str(tmp_path / "studies.db")
    files = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")}

    def unwritten(**places):
        plan = make_plan(suite, out, workers=1, **places)
        assert not plan.waiting
        return plan.unwritten

    assert unwritten(results=results) == ()
    with open_database(results).session() as session:
        session.execute(delete(Run).where(Run.experiment == first.sha256))
    assert unwritten(results=results) == (first,)
    assert unwritten(study=study) == suite.runs
    places = {"results": results, "study": study}
    for outcome in run_suite([first, second], out, workers=1, **places, dispatch=in_this_process):
        assert (outcome.error, outcome.renders) == (None, 0)
    assert unwritten(**places) == suite.runs[2:]
    assert rows(results) == rows(alone / "results.db")
    assert {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")} == files


@pytest.mark.parametrize("place", ["folder", "database"])
def test_runs_of_others_are_left_to_them_and_taken_over(place, alone, tmp_path):
    """A claim is released as soon as its process ends."""
    results = str(tmp_path / "results.db")
    run = read_suite(alone / "suite.yaml").runs[0]
    claiming = (
        claimed(tmp_path / ".claims", run.sha256)
        if place == "folder"
        else claim(open_database(results), run.sha256)
    )
    tries = []

    def dispatch(work, runs):
        for each in runs:
            if not tries:
                with claiming as mine:
                    assert mine
                    outcome = work(each)
            else:
                outcome = work(each)
            tries.append(outcome.taken)
            yield outcome

    (outcome,) = run_suite([run], tmp_path, workers=1, results=results, dispatch=dispatch)
    assert tries == [True, False]
    assert outcome.renders == 60
    [row] = rows(results)
    assert row in rows(alone / "results.db")


def test_claims_in_postgresql_end_with_the_connection(server, tmp_path):
    database = open_database(postgresql.new_database(server))
    with claim(database, "f0" * 32) as mine:
        assert mine
        with claim(database, "f0" * 32) as again, claim(database, "0f" * 32) as other:
            assert not again
            assert other
    with claim(database, "f0" * 32) as mine:
        assert mine
