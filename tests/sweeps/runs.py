"""Sweeps over the files of runs, and over what else is kept of them."""

import contextlib
import io
import json
import os
import shutil
import sqlite3
from pathlib import Path

import yaml
from optuna.artifacts import FileSystemArtifactStore

from patchwright.experiments.config import ExperimentConfig
from patchwright.experiments.dashboard.shown_runs import ShownRuns
from patchwright.experiments.database import add_run, open_database
from patchwright.experiments.match.destinations import Destinations
from patchwright.experiments.match.run import match
from patchwright.experiments.match.setup import prepare
from patchwright.experiments.match.warm_start import initial_genotypes
from patchwright.experiments.records.finished_run import read_run
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.records.summary import Summary
from patchwright.experiments.records.trace import SearchTrace
from patchwright.experiments.studio.matches import Matches
from patchwright.experiments.studio.session import Session
from patchwright.experiments.suite import read_suite, run_suite
from patchwright.experiments.suite.plan import make_plan
from patchwright.experiments.suite.table import match_table
from patchwright.experiments.terminal.console import Console
from patchwright.experiments.tune import result
from patchwright.experiments.tune.study import TuneStudy
from patchwright.experiments.tune.tune import tune
from patchwright.experiments.tune.tuning import read_tuning
from tests.experiments.compared_runs import write_groups
from tests.experiments.heard_runs import listening, sounding, write_answers
from tests.experiments.mutants import NUMBERS, ODD, mutant
from tests.sweeps.command import command
from tests.sweeps.spoil import as_json, spoilt, suiting
from tests.sweeps.sweep import Sample
from tests.sweeps.tables import parquet, sqlite

_SCHEMAS = {
    "summary.json": Summary.model_json_schema(),
    "search.json": SearchTrace.model_json_schema(),
    "run.yaml": ExperimentConfig.model_json_schema(),
}
_TARGET = {"random": 3, "length": 0.2, "duration": 0.1}
_SMALL = {"renders": 14, "calibration": 10, "descriptors": ["loudness"]}


def _runs(folder):
    """Write two runs that can be compared, with the names `a` and `b`."""
    for name, method in (("a", "random"), ("b", "cmaes")):
        match(
            _TARGET,
            synth="fm",
            objectives=["mss", "level"],
            search=_SMALL | {"method": method},
            constraints={"loudness": (None, 0)},
            sr=16_000,
            out=folder / name,
            workers=1,
        )


def changed(rng, path, data):
    """Return a file of a run that was changed as a document, as a table, or as bytes."""
    if rng.random() < 0.3:
        return spoilt(rng, data)
    if path.suffix == ".parquet":
        return parquet(rng, data)
    if path.suffix == ".journal":
        lines = data.splitlines(keepends=True)
        at = rng.randrange(len(lines))
        record = mutant(rng, json.loads(lines[at]), ODD + NUMBERS, most=2)
        lines[at] = rng.choice([b"", lines[at] * 2, as_json(rng, record) + b"\n"])
        return b"".join(lines)
    schema = _SCHEMAS.get(path.name)
    if schema is not None and rng.random() < 0.2:
        content = suiting(rng, schema)
    elif path.suffix == ".json":
        content = mutant(rng, json.loads(data), ODD + NUMBERS, most=3)
    elif path.suffix == ".yaml":
        content = mutant(rng, yaml.safe_load(data), most=3)
    else:
        return spoilt(rng, data)
    if path.suffix == ".yaml":
        return yaml.safe_dump(content).encode()
    return as_json(rng, content)


def _files(folder, *without):
    """Return the files of a folder, at any depth, but for some suffixes."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.suffix not in without and path.name != ".lock"]


def _one_of(files):
    """Return the function that changes one of the files."""

    def make(rng):
        path = rng.choice(files)
        return path, changed(rng, path, path.read_bytes())

    return make


@contextlib.contextmanager
def reported_runs(folder):
    """Files of a run that is reported, and shown in the dashboard."""
    _runs(folder)
    files = _files(folder / "a", ".html", ".journal")

    def read():
        command("report", folder / "a")
        artifacts = folder / "artifacts"
        artifacts.mkdir()
        try:
            shown = ShownRuns(folder, FileSystemArtifactStore(str(artifacts)))
            with contextlib.redirect_stderr(io.StringIO()):
                for study in shown.storage.get_all_studies():
                    shown.update(study._study_id)
        finally:
            shutil.rmtree(artifacts)

    yield Sample(make=_one_of(files), read=read)


@contextlib.contextmanager
def compared_runs(folder):
    """Files of a run that is compared, listened to, put into a database and started from."""
    _runs(folder)
    files = _files(folder / "a", ".html", ".journal", ".parquet")
    outputs = [f"--{form}={folder / form}" for form in ("html", "csv", "latex", "markdown")]
    with prepare(read_run(folder / "a").config, workers=1) as setup:

        def read():
            command("compare", folder / "a", folder / "b", *outputs)
            command("listen", folder / "a", folder / "b", "--out", folder / "listening")
            command("results", "add", folder / "a", "--results", folder / "results.db")
            initial_genotypes([folder / "a"], setup.synth, setup.subspace)

        yield Sample(make=_one_of(files), read=read)


@contextlib.contextmanager
def resumed_runs(folder):
    """Files of a run that was interrupted, and goes on."""
    begun, again = folder / "begun", folder / "again"
    search = _SMALL | {"method": "cmaes", "store": str(folder / "store")}
    given = {"synth": "fm", "objectives": ["mss"], "sr": 8_000, "workers": 1, "search": search}
    match(_TARGET, out=folder / "first", **given)
    match(_TARGET, out=begun, **given)
    last = sorted((begun / "evaluations").iterdir())[-1]
    for path in (last, begun / "summary.json", begun / "report.html"):
        path.unlink()
    files = _files(begun, ".wav")

    def read():
        shutil.copytree(begun, again)
        try:
            command("run", again / "run.yaml", "--out", again, "--resume", "--workers", 1)
        finally:
            shutil.rmtree(again)

    yield Sample(make=_one_of(files), read=read)


@contextlib.contextmanager
def steered_runs(folder):
    """Files of a run that is open in the studio."""
    _runs(folder)
    again = folder / "again"
    matches = Matches(workers=1, ended=lambda path: None, ahead=False)

    def opened(path):
        files = RunFolder(path)
        session = Session("0" * 12, files, matches, workers=1, read_only=False)
        return contextlib.closing(session)

    with opened(folder / "a") as session:
        session.strands("find", None)
        session.strands("choose", session.state.scene.strands[1].key)
    files = _files(folder / "a" / "studio")
    files += [folder / "a" / name for name in ("summary.json", "best.json", "run.yaml")]

    def read():
        shutil.copytree(folder / "a", again)
        try:
            with contextlib.redirect_stderr(io.StringIO()), opened(again) as session:
                session.run.hear(session.state.scene.chosen or session.run.best())
                session.view()
                session.strands("undo", None)
        finally:
            shutil.rmtree(again)

    yield Sample(make=_one_of(files), read=read)


@contextlib.contextmanager
def databases(folder):
    """Databases of results, which are listed, exported and added to."""
    path = folder / "results.db"
    write_groups(folder / "runs", {"nsga2": [0.5, 0.6], "cmaes": [0.4, 0.3]})
    runs = [read_run(place.parent) for place in (folder / "runs").rglob("summary.json")]
    for run in runs[1:]:
        add_run(open_database(path), run)
    whole = path.read_bytes()

    def make(rng):
        return path, spoilt(rng, whole) if rng.random() < 0.4 else sqlite(rng, whole)

    def read():
        try:
            command("results", "list", "--results", path)
            for form in ("csv", "parquet"):
                command("results", "export", folder / f"t.{form}", "--results", path)
            command("results", "add", runs[0].folder, "--results", path)
        finally:
            _remove_journals(path)

    yield Sample(make=make, read=read)


def _remove_journals(path):
    for rest in path.parent.glob(f"{path.name}-*"):
        rest.unlink()


@contextlib.contextmanager
def study_databases(folder):
    """Databases of Optuna's studies, to which a run is written."""
    path = folder / "studies.db"
    _runs(folder)
    Destinations.open(None, str(path)).write(RunFolder(folder / "a"))
    whole = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from trial_params where trial_id > 12")
    cut = path.read_bytes()

    def make(rng):
        data = rng.choice([whole, cut])
        return path, spoilt(rng, data) if rng.random() < 0.4 else sqlite(rng, data)

    def read():
        try:
            for name in "ab":
                Destinations.open(None, str(path)).write(RunFolder(folder / name))
        finally:
            _remove_journals(path)

    yield Sample(make=make, read=read)


@contextlib.contextmanager
def suite_folders(folder):
    """Files in the folder of a suite, whose plan and results are shown."""
    suite = {
        "defaults": {"synth": "oscillators", "target": _TARGET, "sr": 8_000, "search": _SMALL},
        "sweep": {"search.method": ["random", "cmaes"], "objectives": [["mss"]]},
    }
    (folder / "s.yaml").write_text(yaml.safe_dump(suite))
    given, out = read_suite(folder / "s.yaml"), folder / "out"
    assert not [o.error for o in run_suite(given.runs[:1], out, workers=1) if o.error]
    pace = {"id": given.runs[0].id, "synth": "oscillators", "pace": 0.01}
    (out / "pace.jsonl").write_text(json.dumps(pace) + "\n")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    run = out / "runs" / given.runs[0].id
    files = [out / "pace.jsonl"] * 4 + [run / "summary.json", run / "run.yaml"]

    def make(rng):
        path = rng.choice(files)
        if path.suffix == ".jsonl":
            lines = path.read_text() * rng.randint(1, 3)
            if rng.random() < 0.5:
                entry = mutant(rng, pace, ODD + NUMBERS)
                return path, lines.encode() + as_json(rng, entry) + rng.choice([b"\n", b""])
            return path, spoilt(rng, lines.encode())
        return path, changed(rng, path, path.read_bytes())

    def read():
        quiet = Console(file=io.StringIO())
        quiet.print(make_plan(given, out, workers=2, results=None).table())
        quiet.print(match_table(given.runs, out))

    yield Sample(make=make, read=read)


@contextlib.contextmanager
def tuning_folders(folder):
    """Journals of tunings, which are shown and go on."""
    content = {
        "defaults": {"synth": "oscillators", "target": _TARGET, "sr": 8_000, "objectives": ["mss"]},
        "sweep": {"seed": "0..1"},
        "tune": {"method": "nsga2", "trials": 4, "options": {"population": "5..20"}},
    }
    content["defaults"]["search"] = {"renders": 14, "calibration": 10}
    (folder / "s.yaml").write_text(yaml.safe_dump(content))
    out = folder / "out"
    tuning = read_tuning(folder / "s.yaml")
    out.mkdir()
    tune(tuning, out, workers=1, ended=lambda study, trial: None)

    def read():
        again = folder / "again"
        again.mkdir()
        shutil.copy(out / "tune.journal", again)
        artifacts = folder / "artifacts"
        artifacts.mkdir()
        try:
            shown = ShownRuns(again, FileSystemArtifactStore(str(artifacts)))
            with contextlib.redirect_stderr(io.StringIO()):
                shown.update(0)
            study = TuneStudy(tuning, again)
            study.next()
            if study.trials:
                Console(file=io.StringIO()).print(result.table(study, tuning))
                result.sentences(study, tuning)
                result.lines(study, tuning)
        finally:
            shutil.rmtree(again)
            shutil.rmtree(artifacts)

    yield Sample(make=_one_of([out / "tune.journal"]), read=read)


@contextlib.contextmanager
def listening_answers(folder):
    """Answers of listeners and the key of their page, which are compared."""
    runs = sounding(write_groups(folder / "runs", {"nsga2": [0.5, 0.6], "cmaes": [0.4, 0.3]}))
    page, key = listening(runs, folder / "listening")

    def rate(trial, stimulus):
        return 95 if stimulus["sound"] == "reference" else 40

    answers = write_answers(folder / "answers.json", page, key, rate)
    files = [answers, answers, Path(folder / "listening" / "key.json")]

    def read():
        command("compare", runs, "--answers", answers, "--key", files[-1])

    yield Sample(make=_one_of(files), read=read)
