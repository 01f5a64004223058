"""Runs as Optuna studies, and Optuna's dashboard over HTTP."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from PIL import Image

from patchwright.experiments.dashboard.dashboard import Dashboard
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match, run_experiment
from patchwright.experiments.recordings.sound import BANDS
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.studies.journal import open_journal, read_journal
from patchwright.experiments.studies.recorder import StudyRecorder
from patchwright.experiments.studies.run_study import RunStudy, Trials
from patchwright.experiments.studies.sql import StudyTables, count_trials, open_studies, write_study
from patchwright.search import Batch, EvaluationLog, Generation
from patchwright.synths import Status
from tests.experiments import postgresql

TARGET = {"random": 3, "duration": 0.2, "length": 0.3}
CONFIG = {
    "objectives": ["mss", {"name": "mfcc_mae", "label": "timbre"}],
    "synth": {"name": "subtractive", "free": ["osc1_*", "filter_cutoff", "filter_four_pole"]},
    "search": {
        "method": "nsga2",
        "renders": 30,
        "calibration": 10,
        "options": {"population": 5},
    },
    "sr": 16_000,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return match(TARGET, out=tmp_path_factory.mktemp("runs") / "one", **CONFIG).folder


@pytest.fixture
def copied(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "runs" / "one"))


def journal(folder):
    storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    [study] = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=study, storage=storage)


def content(study):
    """Return the content of a study's trials, without their times."""
    return [
        (trial.number, trial.state, trial.params, trial.distributions, trial.values)
        for trial in study.get_trials()
    ]


def logged(run):
    """Return the batch of each generation in a run's evaluation log."""
    titles = [objective.title for objective in run.config.objectives]
    log = EvaluationLog(run.folder.evaluations, run.subspace.names, titles)
    batches = []
    while (entry := log.read(len(batches))) is not None:
        evaluations, seconds = entry
        values = run.subspace.decode(evaluations.genotypes)
        batches.append(Batch(evaluations, values, seconds))
    return batches


def generation(number, batch):
    """Return a generation as a search gives it to its callbacks."""
    return Generation(
        number=number,
        renders=len(batch.evaluations),
        seconds=batch.seconds,
        best=np.zeros(2),
        distance=1.0,
        hypervolume=0.0,
        replayed=True,
        batch=batch,
    )


# The journal


def test_a_run_leaves_a_study_of_all_that_it_rendered(folder):
    study = journal(folder)
    assert study.study_name == "one"
    assert study.metric_names == ["mss", "timbre"]
    assert {direction.name for direction in study.directions} == {"MINIMIZE"}
    assert study.user_attrs["target"] == "random-3"
    run = RunStudy.read(folder)
    batches, subspace = logged(run), run.subspace
    scores = np.concatenate([batch.evaluations.scores for batch in batches])
    values = np.concatenate([batch.values for batch in batches])
    trials = study.get_trials()
    assert [trial.values for trial in trials] == scores.tolist()
    for trial, readable in zip(trials, subspace.space.readable(values), strict=True):
        assert trial.params == pytest.approx({name: readable[name] for name in subspace.names})
        assert trial.user_attrs["status"] == "ok"
    # generation 1 only asks for presets of generation 0, which are known
    assert [trial.user_attrs["generation"] for trial in trials[::5]] == [0, 0, 2, 3, 4, 5]
    complete = [trial.datetime_complete for trial in trials]
    assert complete == sorted(complete)
    distributions = trials[0].distributions
    assert distributions["filter_cutoff"] == FloatDistribution(30.0, 18_000.0, log=True)
    assert distributions["osc1_octave"] == IntDistribution(-2, 2)
    assert distributions["filter_four_pole"] == CategoricalDistribution((False, True))
    assert "saw" in distributions["osc1_waveform"].choices
    assert len(distributions) == len(subspace) == 6


def test_the_records_are_those_that_optuna_writes(folder, tmp_path):
    run = RunStudy.read(folder)
    study = run.create(JournalStorage(JournalFileBackend(str(tmp_path / "own"))), "one")
    for trials in Trials(run).logged():
        study.add_trials(trials)

    def records(path):
        return [json.loads(line) | {"worker_id": ""} for line in path.read_text().splitlines()]

    ours, own = records(folder / "study.journal"), records(tmp_path / "own")
    assert [record.keys() for record in ours] == [record.keys() for record in own]
    for record in (*ours, *own):
        distributions = record.get("distributions", {})
        record["distributions"] = {
            name: json_to_distribution(text) for name, text in distributions.items()
        }
    times = dict.fromkeys(("datetime_start", "datetime_complete"))  # from the folder's own
    assert [record | times for record in ours] == [record | times for record in own]
    assert len((folder / "study.journal").read_bytes()) < len((tmp_path / "own").read_bytes())


def test_failed_renders_are_failed_trials(copied):
    run = RunStudy.read(copied)
    batches = logged(run)
    first = batches[0].evaluations
    scores, status = first.scores.copy(), first.status.copy()
    scores[3], status[3] = np.nan, Status.crashed
    batches[0] = replace(batches[0], evaluations=replace(first, scores=scores, status=status))
    (copied / "study.journal").unlink()
    with StudyRecorder(run) as recorder:
        for number, batch in enumerate(batches):
            recorder(generation(number, batch))
    trials = journal(copied).get_trials()
    assert len(trials) == 30
    assert [trial.number for trial in trials if trial.state is TrialState.FAIL] == [3]
    assert trials[3].values is None
    assert trials[3].user_attrs["status"] == "crashed"


@pytest.mark.parametrize("cut", [0, 700, -1])
def test_a_resumed_run_goes_on_with_its_study(folder, tmp_path, cut):
    """A run is killed after generation 2, maybe while it writes: each trial is there once."""
    config = read_run(folder).config
    out = tmp_path / "one"

    def kill(state):
        if state.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, out=out, callbacks=[kill])
    path = out / "study.journal"
    assert len(journal(out).get_trials()) == 15
    path.write_bytes(path.read_bytes()[: cut or None])
    run_experiment(config, out=out, resume=True)
    assert content(journal(out)) == content(journal(folder))


def test_a_damaged_journal_is_told(copied):
    path = copied / "study.journal"
    whole = path.read_bytes()
    for damage in (
        *(b"{}\n", b"3\n", b"nothing\n", b"[" * 100_000 + b"\n", b"\xff\n"),
        *(whole.replace(b"op_code", b"?"), whole + b'{"op_code": 99, "worker_id": "x"}\n'),
        whole.replace(b'"op_code": 4', b'"op_code": -1').replace(b'"op_code":4', b'"op_code":-1'),
    ):
        path.write_bytes(damage)
        with pytest.raises(ExperimentError, match=r"study\.journal is damaged: remove it, then"):
            StudyRecorder(RunStudy.read(copied))


def test_a_run_that_is_killed_inside_a_write_goes_on(folder, copied):
    """The process is killed when its first record is in the file."""
    path = copied / "study.journal"
    path.write_bytes(b"")
    (child := os.fork()) or kill_inside_a_write(copied)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [file.name for file in copied.glob("study.journal*")] == ["study.journal"]
    record(copied)
    assert content(journal(copied)) == content(journal(folder))


def kill_inside_a_write(folder):
    def kill(descriptor):
        size = os.fstat(descriptor).st_size
        os.ftruncate(descriptor, size - 100)  # the last record is cut off
        os.kill(os.getpid(), signal.SIGKILL)

    try:
        os.fsync = kill
        record(folder)
    finally:
        os._exit(1)


def record(folder):
    """Write the journal of a run, as a resumed search does."""
    run = RunStudy.read(folder)
    with StudyRecorder(run) as recorder:
        for number, batch in enumerate(logged(run)):
            recorder(generation(number, batch))


@pytest.mark.parametrize("name", ["study.journal", "tune.journal"])
def test_a_lock_that_outlived_its_process_is_not_waited_for(copied, monkeypatch, name):
    """Optuna's lock is a link, here to a path that is relative to another folder."""
    path = copied / name
    path.write_bytes((copied / "study.journal").read_bytes())
    path.with_name(f"{name}.lock").symlink_to(f"runs/one/{name}")

    def wait(*paths):
        raise AssertionError("Optuna's lock is not used")

    monkeypatch.setattr(os, "symlink", wait)
    storage = open_journal(path, "remove it")
    storage.set_study_user_attr(storage.get_all_studies()[0]._study_id, "added", 1)
    assert read_journal(path, "remove it").get_all_studies()[0].user_attrs["added"] == 1
    if name == "study.journal":
        path.write_bytes(b"")
        record(copied)
        assert len(journal(copied).get_trials()) == 30


# SQL


@pytest.fixture(scope="module")
def server():
    with postgresql.server() as address:
        yield address


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_study_is_written_to_sql_once(kind, folder, copied, tmp_path, request):
    address = tmp_path / "new" / "studies.db"
    if kind == "postgresql":
        address = postgresql.new_database(request.getfixturevalue("server"))
    run = RunStudy.read(copied)
    last = sorted((copied / "evaluations").iterdir())[-1]
    kept = last.read_bytes()
    last.unlink()
    write_study(run, open_studies(address))
    last.write_bytes(kept)
    for _ in range(2):
        storage = open_studies(address)
        write_study(run, storage)
        study = optuna.load_study(study_name="one", storage=storage)
        assert content(study) == content(journal(copied))
        assert study.metric_names == ["mss", "timbre"]
    with pytest.raises(ExperimentError, match="holds a study 'one' of another folder"):
        write_study(RunStudy.read(folder), storage)


def test_rows_are_those_that_optuna_writes(folder, tmp_path):
    run = RunStudy.read(folder)
    write_study(run, open_studies(tmp_path / "ours.db"))
    storage = open_studies(tmp_path / "own.db")
    study = run.create(storage, run.name)
    for trials in Trials(run).logged():
        study.add_trials(trials)

    def rows(name):
        with sqlite3.connect(tmp_path / name) as connection:
            tables = [row[0] for row in connection.execute("select name from sqlite_master")]
            return {
                table: sorted(map(repr, connection.execute(f"select * from {table}")))  # noqa: S608
                for table in tables
                if table.startswith("trial") and "_index" not in table
            }

    ours, own = rows("ours.db"), rows("own.db")
    assert len(ours["trial_params"]) == 30 * 6
    assert ours == own


def test_a_database_that_fails_does_not_end_the_search(folder, tmp_path, patchwright, monkeypatch):
    storage = tmp_path / "studies.db"

    def broken(self, trials):
        with sqlite3.connect(storage) as connection:
            connection.execute("drop table if exists trial_params")
        return usual(self, trials)

    usual = StudyTables.add
    monkeypatch.setattr(StudyTables, "add", broken)
    arguments = ("run", folder / "run.yaml", "--out", "one", "--study", "studies.db")
    code, _, said = patchwright(*arguments)
    assert code == 2
    assert "studies.db cannot be used" in said
    assert "--study" in said
    assert (tmp_path / "one" / "summary.json").is_file()
    assert content(journal(tmp_path / "one")) == content(journal(folder))


def test_a_damaged_database_is_told(folder, tmp_path):
    place = tmp_path / "studies.db"
    run = RunStudy.read(folder)
    write_study(run, open_studies(place))
    assert count_trials(place) == {"one": 30}
    whole = place.read_bytes()
    for statement in (
        "update alembic_version set version_num = 'x'",
        "update trials set state = 'x'",
        "update trial_params set distribution_json = '{'",
        "update study_user_attributes set value_json = ''",
    ):
        place.write_bytes(whole)
        with contextlib.closing(sqlite3.connect(place)) as connection, connection:
            connection.execute(statement)
        with pytest.raises(ExperimentError, match=r"studies\.db cannot be used: .* --study"):
            write_study(run, open_studies(place))
    place.write_bytes(b"x" * 10_000)
    with pytest.raises(ExperimentError, match=r"studies\.db cannot be used"):
        count_trials(place)


def test_a_search_is_written_while_it_goes_on(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("patchwright.experiments.studies.recorder._PAUSE", 0.0)
    seen = []

    def watch(state):
        until = time.monotonic() + 20
        while time.monotonic() < until:  # it is written in the background
            trials = open_studies(tmp_path / "studies.db").get_all_trials(1)
            if len(trials) >= min(10, state.renders):
                break
            time.sleep(0.02)
        seen.append((state.renders, len(trials)))

    config = read_run(folder).config
    run_experiment(config, out=tmp_path / "one", study=tmp_path / "studies.db", callbacks=[watch])
    assert all(written >= 10 for rendered, written in seen if rendered >= 10)
    storage = open_studies(tmp_path / "studies.db")
    study = optuna.load_study(study_name="one", storage=storage)
    assert content(study) == content(journal(folder))


def test_the_command_writes_to_both_databases(patchwright, folder):
    code, _, said = patchwright(
        *("run", folder / "run.yaml", "--out", "one", "--results", "results.db"),
        *("--study", "studies.db"),
    )
    assert code == 0, said
    assert "random-3" in patchwright("results", "list", "--results", "results.db")[1]
    storage = open_studies("studies.db")
    study = optuna.load_study(study_name="one", storage=storage)
    assert content(study) == content(journal(folder))


@pytest.mark.parametrize("address", ["none://x", "sqlite:////nowhere/at/all.db"])
def test_a_wrong_address_is_told_before_the_search(complaint, folder, tmp_path, address):
    said = complaint("run", folder / "run.yaml", "--out", "one", "--study", address)
    assert address.removeprefix("sqlite:///") in said
    assert not (tmp_path / "one").exists()


# The dashboard


@contextmanager
def shown(root):
    with Dashboard(root, port=0) as dashboard:
        serving = threading.Thread(target=dashboard.serve)
        serving.start()
        try:
            yield dashboard.address
        finally:
            dashboard.stop()
            serving.join()


def get(address):
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
        return answer.read(), answer.headers["Content-Type"]


def get_json(address):
    return json.loads(get(address)[0])


def artifacts(address, place, found):
    """Return contents and kinds of artifacts, by file name."""
    return {
        artifact["filename"]: get(f"{address}artifacts/{place}/{artifact['artifact_id']}")
        for artifact in found["artifacts"]
    }


def test_the_dashboard_plays_target_best_and_front(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with shown(folder) as address:
        [study] = get_json(f"{address}api/studies")["study_summaries"]
        assert study["study_name"] == "one"
        place = study["study_id"]
        found = get_json(f"{address}api/studies/{place}")
        assert len(found["trials"]) == 30
        assert found["objective_names"] == ["mss", "timbre"]
        assert "matches" in found["note"]["body"]
        sounds = artifacts(address, place, found)
        assert list(sounds) == ["target.wav", "target.png", "best.wav", "best.png"]
        search = json.loads((folder / "search.json").read_text())
        front = {point["name"]: list(point["scores"].values()) for point in search["front"]}
        heard = {}
        for trial in found["trials"]:
            files = artifacts(address, f"{place}/{trial['trial_id']}", trial)
            for name in {Path(file).stem for file in files}:
                heard[name] = trial["values"]
                assert files[f"{name}.wav"][0] == (folder / "front" / f"{name}.wav").read_bytes()
                assert files[f"{name}.png"][1] == "image/png"
        assert heard == {name: pytest.approx(scores) for name, scores in front.items()}
    for name in ("target.wav", "best.wav"):
        content, kind = sounds[name]
        assert content == (folder / name).read_bytes()
        assert kind in ("audio/x-wav", "audio/wav")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_pictures_are_spectrograms(folder):
    with shown(folder) as address:
        found = get_json(f"{address}api/studies/0")
        files = artifacts(address, 0, found)
    image = Image.open(io.BytesIO(files["target.png"][0])).convert("L")
    assert image.height == 4 * BANDS
    levels = np.asarray(image, float)
    assert levels.std() > 10
    # the note is let go after two thirds
    assert levels[:, : image.width // 3].mean() > levels[:, -image.width // 8 :].mean()


def test_a_run_is_watched_while_it_goes_on(copied, tmp_path):
    root = copied.parent
    summary = (copied / "summary.json").read_bytes()
    (copied / "summary.json").unlink()
    logs = sorted((copied / "evaluations").iterdir())[3:]
    later = {path: path.read_bytes() for path in logs}
    for path in later:
        path.unlink()
    with shown(root) as address:
        found = get_json(f"{address}api/studies/0")
        assert len(found["trials"]) == 15
        assert found["artifacts"] == []
    with shown(root) as address:
        assert [s["study_name"] for s in get_json(f"{address}api/studies")["study_summaries"]] == [
            "one"
        ]
        for path, content in later.items():
            path.write_bytes(content)
        (copied / "summary.json").write_bytes(summary)
        found = get_json(f"{address}api/studies/0")
        assert [trial["number"] for trial in found["trials"]] == list(range(30))
        assert len(found["artifacts"]) == 4
        shutil.copytree(copied, root / "more" / "two")
        names = [s["study_name"] for s in get_json(f"{address}api/studies")["study_summaries"]]
        assert names == ["one", "more/two"]


def test_a_run_that_is_damaged_later_is_told_and_the_others_stay(copied, capsys):
    shutil.copytree(copied, copied.parent / "two")
    with shown(copied.parent) as address:
        (copied / "evaluations" / "000001.parquet").write_bytes(b"")
        assert len(get_json(f"{address}api/studies/0")["trials"]) == 10
        assert len(get_json(f"{address}api/studies/1")["trials"]) == 30
    assert "000001.parquet is damaged" in capsys.readouterr().err


def test_a_preset_of_the_front_that_was_not_rendered_is_told(copied, capsys):
    path = sorted((copied / "front").glob("*.json"))[0]
    content = json.loads(path.read_text())
    content["parameters"]["filter_cutoff"] = 123.4
    path.write_text(json.dumps(content))
    with shown(copied) as address:
        assert len(get_json(f"{address}api/studies/0")["trials"]) == 30
    said = capsys.readouterr().err
    assert f"{path.name} is damaged" in said
    assert "not rendered" in said


def test_the_command_listens_on_this_machine_alone_and_ends_with_ctrl_c(folder):
    start = "from patchwright.experiments.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "dashboard", folder, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        port = int(re.match(r"http://127\.0\.0\.1:(\d+)/ shows", line)[1])
        assert b"Optuna Dashboard" in get(f"http://127.0.0.1:{port}/dashboard")[0]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        said, errors = process.communicate()
    assert said == "Stopped.\n"
    assert errors == ""


def test_mistakes_are_told(complaint, folder, copied, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "give another --port" in complaint("dashboard", folder, "--port", port)
    assert "--host" in complaint("dashboard", folder, "--host", "203.0.113.1")
    assert "contains no run" in complaint("dashboard", tmp_path / "none")
    (copied / "synth.yaml").write_text("{")
    assert "synth.yaml is not YAML" in complaint("dashboard", copied)
