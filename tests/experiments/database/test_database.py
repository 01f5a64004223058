"""The results of many runs, in SQLite and in PostgreSQL."""

import json
import multiprocessing
import shutil
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from patchwright.experiments.config.identity import config_sha256
from patchwright.experiments.database import (
    add_run,
    connection,
    export,
    find,
    finished,
    open_database,
)
from patchwright.experiments.database.models import Base
from patchwright.experiments.database.runs import run_key
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.records.finished_run import read_run
from tests.experiments import postgresql

SEARCH = {"renders": 24, "calibration": 12, "method": "nsga2", "options": {"population": 6}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with a preset as its target, so that it has every kind of score."""
    return match(
        {"random": 3, "duration": 0.2, "length": 0.3},
        out=tmp_path_factory.mktemp("runs") / "one",
        objectives=["mss", {"name": "mfcc_mae", "label": "timbre, loud", "level": "loudness"}],
        synth={"name": "subtractive", "lock": {"lfo_*": None}},
        search=SEARCH,
        sr=16_000,
        seed=4_294_967_295,
    ).folder


@pytest.fixture(scope="module")
def run(folder):
    return read_run(folder)


@pytest.fixture(scope="module")
def server():
    with postgresql.server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """A database that does not exist yet, or is empty."""
    if request.param == "sqlite":
        return tmp_path / "new" / "r.db"
    return postgresql.new_database(request.getfixturevalue("server"))


@pytest.fixture
def database(tmp_path):
    return open_database(tmp_path / "results.db")


def changed(run, **summary):
    """Return the run with other numbers in its summary."""
    return replace(run, summary=run.summary.model_copy(update=summary))


def everything(database):
    with database.session() as session:
        return [
            {
                name: value
                for name, value in vars(run).items()
                if name not in ("_sa_instance_state", "scores")
            }
            | {
                "scores": {
                    s.name: (s.role, s.value, s.random_median, s.closer_than, s.noise_floor)
                    for s in run.scores
                }
            }
            for run in find(session)
        ]


def test_a_run_is_kept_with_every_score_bit_for_bit(place, run):
    database = open_database(place)
    add_run(database, run)
    [kept] = everything(open_database(place))
    summary = run.summary
    for key in ("synth", "free", "method", "seed", "renders", "seconds", "match", "versions"):
        assert kept[key] == getattr(summary, key)
    assert kept["seed"] == 4_294_967_295
    assert kept["target"] == "random-3"
    assert kept["target_sha256"] == summary.target.sha256
    assert kept["lock"] == {"lock": {"lfo_*": None}, "free": None}
    assert kept["config"] == run.config.model_dump(mode="json")
    scores = kept["scores"]
    names = {*summary.objectives, *summary.metrics, *summary.numbers.present()}
    assert set(scores) == names
    for name in ("mss", "timbre, loud"):
        expected = [
            part[name] for part in (summary.objectives, summary.random, summary.closer_than)
        ]
        assert scores[name] == ("optimised", *expected, summary.noise_floor[name])
    assert scores["mrstft"][:2] == ("metric", summary.metrics["mrstft"])
    mae = summary.numbers.param_mae
    assert scores["param_mae"] == ("number", mae, None, None, None)


def test_a_run_that_is_written_again_replaces_itself(place, run):
    database = open_database(place)
    add_run(database, run)
    metrics = {**run.summary.metrics, "my_own": 5e-324}
    del metrics["mrstft"]
    add_run(database, changed(run, seconds=0.1 + 0.2, metrics=metrics))
    [kept] = everything(database)
    assert kept["seconds"] == 0.1 + 0.2
    assert kept["scores"]["my_own"] == ("metric", 5e-324, None, None, None)
    assert "mrstft" not in kept["scores"]


def test_what_a_run_depends_on_tells_it_from_others(run):
    def key(**change):
        return run_key(replace(run, config=run.config.model_copy(update=change)))

    recorded = {"random": None, "path": "/here/note.wav"}
    paths = [
        key(
            target=run.config.target.model_copy(
                update=recorded | {"path": Path(folder, "note.wav")}
            )
        )
        for folder in ("/here", "/there")
    ]
    assert paths[0] == paths[1]
    assert run_key(replace(run, folder=run.folder / "elsewhere")) == run_key(run)
    others = [
        key(seed=1),
        key(sr=8_000),
        key(synth=run.config.synth.model_copy(update={"lock": {}})),
        paths[0],
        run_key(changed(run, versions={"patchwright": "9"})),
        run_key(changed(run, target=run.summary.target.model_copy(update={"sha256": "00"}))),
    ]
    assert len({run_key(run), *others}) == len(others) + 1


def write(place, run, first):
    for seed in range(first, first + 8):
        config = run.config.model_copy(update={"seed": seed})
        add_run(open_database(place), replace(changed(run, seed=seed), config=config))


def test_processes_write_at_the_same_time(place, run):
    """All begin without a database, and half of the runs are written twice."""
    processes = [
        multiprocessing.get_context("fork").Process(target=write, args=(place, run, first))
        for first in (100, 104, 108)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    kept = everything(open_database(place))
    assert sorted(run["seed"] for run in kept) == list(range(100, 116))
    assert len({len(run["scores"]) for run in kept}) == 1


def test_the_changes_end_with_the_tables_of_the_models(place):
    opened = open_database(place)
    with opened.engine.connect() as connected:
        options = {"version_table": connection.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connected, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_older_tables_are_brought_up_to_date(place, run):
    older = open_database(place)
    add_run(older, run)
    with older.engine.begin() as connected:
        connected.execute(text("DROP INDEX ix_runs_experiment"))
        connected.execute(text("ALTER TABLE runs DROP COLUMN experiment"))
        connected.execute(text("UPDATE patchwright_version SET version_num = '0001'"))
    database = open_database(place)
    sha256 = config_sha256(run.config)
    [kept] = everything(database)
    assert kept["experiment"] is None
    assert kept["match"] == run.summary.match
    assert finished(database, [sha256]) == {}
    add_run(database, run)
    others = [f"{number:064x}" for number in range(2500)]
    assert finished(database, [*others, sha256]) == {sha256: run.summary.match}


def test_a_run_of_another_version_is_not_finished(database, run):
    versions = run.summary.versions | {"patchwright": "0.0"}
    add_run(database, changed(run, versions=versions))
    assert finished(database, [config_sha256(run.config)]) == {}


def test_tables_of_others_stay(tmp_path, run):
    path = tmp_path / "shared.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE alembic_version (version_num VARCHAR)")
        other.execute("INSERT INTO alembic_version VALUES ('of Optuna')")
    add_run(open_database(path), run)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT * FROM alembic_version").fetchall() == [("of Optuna",)]


def test_a_change_that_fails_leaves_nothing_behind(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE scores (mine)")
    with pytest.raises(ExperimentError, match="already exists"):
        open_database(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("scores",)]


def test_the_table_is_tidy_and_exact(database, run, tmp_path):
    add_run(database, run)
    add_run(database, replace(run, config=run.config.model_copy(update={"seed": 1})))
    tables = []
    for name, read in (("t.csv", pyarrow.csv.read_csv), ("t.parquet", pyarrow.parquet.read_table)):
        rows = export(database, tmp_path / name)
        tables.append(read(tmp_path / name).to_pylist())
        assert len(tables[-1]) == rows == 2 * len(everything(database)[0]["scores"])
    numbers = [{k: v for k, v in row.items() if v is not None} for row in tables[1]]
    assert [{k: v for k, v in row.items() if v not in (None, "")} for row in tables[0]] == numbers
    [row] = [r for r in numbers if r["metric"] == "timbre, loud" and r["run"] == run_key(run)]
    assert row["value"] == run.summary.objectives["timbre, loud"]
    assert json.loads(row["versions"]) == run.summary.versions
    assert json.loads(row["lock"]) == {"free": None, "lock": {"lfo_*": None}}
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(tmp_path / "t.csv")
    assert frame.value.tolist() == pandas.read_parquet(tmp_path / "t.parquet").value.tolist()


def test_the_commands(patchwright, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "runs" / "two")
    for _ in range(2):
        assert (
            patchwright("results", "add", folder, "runs")[1] == "2 runs are in runs/results.db.\n"
        )
    code, said, _ = patchwright("results", "list", "--target", "random-3")
    assert code == 0
    assert said.count("random-3") == 1
    assert patchwright("results", "export", "t.csv")[0] == 0
    assert (tmp_path / "t.csv").is_file()


def test_mistakes_are_told_in_one_sentence(complaint, folder, tmp_path, monkeypatch):
    def add(results):
        return complaint("results", "add", folder, "--results", results)

    open_database(tmp_path / "new.db")
    with sqlite3.connect(tmp_path / "new.db") as other:
        other.execute("UPDATE patchwright_version SET version_num = '9999'")
    assert "newer version" in add("new.db")
    (tmp_path / "damaged.db").write_bytes(b"no database" * 1000)
    assert "damaged.db cannot be used (file is not a database)" in add("damaged.db")
    assert "cannot be used (unable to open database file)" in add(tmp_path)
    assert "is not a database: " in add("mysql://localhost/x")
    assert "is not a database: " in add("://")
    assert "ends in .csv or .parquet" in complaint("results", "export", "t.xlsx")
    assert "There are no runs" in complaint("results", "export", "t.csv")
    assert "There are no runs" in complaint("results", "list", "--target", "none")
    assert "holds no finished run" in complaint("results", "add", tmp_path)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "psycopg", None)
        assert "pip install 'patchwright[postgresql]'" in add("postgresql://localhost/x")
    monkeypatch.setattr(connection, "_PATIENCE", 0.1)
    open_database("locked.db")
    holder = sqlite3.connect("locked.db")
    holder.execute("BEGIN EXCLUSIVE")
    assert "database is locked" in add("locked.db")
    holder.close()


def test_a_server_that_is_away_is_told_without_the_password(complaint, folder):
    pytest.importorskip("psycopg", reason="pip install 'patchwright[postgresql]'")
    address = "postgresql://me:secret@127.0.0.1:1/x"
    said = complaint("results", "add", folder, "--results", address)
    assert "me:***@127.0.0.1:1/x cannot be used" in said
    assert "secret" not in said
