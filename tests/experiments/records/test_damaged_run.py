"""A run whose files were changed is refused in one sentence that names the file and the field."""

import json
import re
import shutil

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.compare.comparison import compare_runs
from patchwright.experiments.compare.page import write_page
from patchwright.experiments.compare.tables import tables
from patchwright.experiments.compare.text import csv_text, markdown_text
from patchwright.experiments.database import add_run, find, open_database
from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.match.run import match
from patchwright.experiments.records.finished_run import read_run, read_sounds
from patchwright.experiments.records.run_folder import RunFolder
from patchwright.experiments.report import write_report
from patchwright.experiments.studies.run_study import RunStudy
from patchwright.objectives import ObjectiveError
from patchwright.search import SearchError
from patchwright.synths import SynthError
from tests.experiments.mutants import NUMBERS, ODD, mutants
from tests.sizes import size

MISTAKES = (ExperimentError, SynthError, ObjectiveError, SearchError)
SEARCH = {"renders": 14, "calibration": 10, "method": "random"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs that can be compared."""
    folder = tmp_path_factory.mktemp("runs")
    for name, method in (("a", "random"), ("b", "cmaes")):
        match(
            {"random": 3, "length": 0.2, "duration": 0.1},
            synth="fm",
            objectives=["mss", "level"],
            search=SEARCH | {"method": method, "descriptors": ["loudness"]},
            constraints={"loudness": (None, 0)},
            sr=8_000,
            out=folder / name,
        )
    return folder


@pytest.fixture(scope="module")
def changed(runs, tmp_path_factory):
    """A copy whose first run is changed, and put right again, by each test."""
    return shutil.copytree(runs, tmp_path_factory.mktemp("changed") / "runs")


def used(folder):
    """Do with a run what the commands do."""
    write_report(RunFolder(folder / "a"))
    both = [read_run(folder / name) for name in "ab"]
    comparison = compare_runs(both)
    markdown_text(tables(comparison), comparison.remarks)
    csv_text(comparison)
    write_page(comparison, folder / "c.html")
    database = open_database(folder / "r.db")
    add_run(database, both[0])
    with database.session() as session:
        assert [f"{run.match:.0%} {run.seconds:.1f}" for run in find(session)]
    RunStudy.read(folder / "a")


def refused(folder):
    """Return the sentence with which a run is refused; None if it is used."""
    try:
        used(folder)
    except MISTAKES as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert re.search(r"[.?]$|[:,] ", sentence), sentence
        assert len(sentence) < 2_000
        return sentence
    return None


@pytest.mark.parametrize("name", ["summary.json", "search.json", "run.yaml"])
@settings(max_examples=size(300, 4), deadline=None)
@given(data=st.data())
def test_a_changed_file_is_read_or_refused_in_one_sentence(name, data, changed):
    path = changed / "a" / name
    whole = path.read_bytes()
    read = yaml.safe_load if name.endswith("yaml") else json.loads
    values = ODD if name.endswith("yaml") else ODD + NUMBERS
    content = data.draw(mutants(read(whole), values))
    path.write_text(yaml.safe_dump(content) if name.endswith("yaml") else json.dumps(content))
    try:
        refused(changed)
    finally:
        path.write_bytes(whole)


WRONG = {
    "summary.json": {
        "match": (5.0, "0.5", None, -0.1),
        "objectives": ({}, [], {"mss": 1.0}, {"mss": "1", "level": 1.0}),
        "metrics": ({"mss": 10**400}, 3, {"mss": 1.0, "x": 1.0}),
        "random": ({}, None),
        "closer_than": ({}, {"mss": 2.0}),
        "noise_floor": ({},),
        "seconds": (-1, "1e5", 10**400),
        "renders": (0, -1, 2**31, 1.5, 10**30),
        "seed": (2**32, 7),
        "statuses": ([], {"ok": -1}),
        "method": (3, "cmaes"),
        "target": ({}, None),
        "native": ({"file": "../../x", "objectives": {}}, {"file": "best.fxp", "objectives": {}}),
        "numbers": ({"param_mae": 7.0}, {"hypervolume": "x"}),
        "preset": ({"x": 1}, "x"),
        "versions": ({"python": 3}, None),
        "descriptors": ({}, {"loudness": 1.0}),
        "verified": ("perhaps",),
    },
    "search.json": {
        "scales": ({}, {"mss": 0.0, "level": 1.0}, {"mss": 1.0}),
        "random": ({}, {"mss": 1.0}),
        "history": ([], {}, [{}], [3]),
        "front": ([], None, [{"name": "../../../x"}]),
        "front_size": (-1, "many"),
    },
}


@pytest.mark.parametrize(("name", "field"), [(n, f) for n, fields in WRONG.items() for f in fields])
def test_a_wrong_field_is_named_with_its_file(name, field, changed):
    path = changed / "a" / name
    whole = path.read_bytes()
    try:
        for value in WRONG[name][field]:
            path.write_text(json.dumps(json.loads(whole) | {field: value}))
            with pytest.raises(ExperimentError, match=re.escape(f"{path.parent}/s")) as error:
                read_sounds(read_run(changed / "a"))
            assert re.search(
                rf"\({field}|random, x|scales|native|front\.0\.descriptors", str(error.value)
            ), error.value
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b"\xff", b"[" * 50_000, b'{"match": NaN}'])
def test_a_file_that_is_no_json_is_named(data, changed):
    for name in WRONG:
        path = changed / "a" / name
        whole = path.read_bytes()
        path.write_bytes(data)
        try:
            with pytest.raises(ExperimentError, match=re.escape(str(path))):
                read_run(changed / "a")
        finally:
            path.write_bytes(whole)


def test_the_commands_name_the_file(changed, complaint):
    path = changed / "a" / "summary.json"
    whole = path.read_bytes()
    path.write_text(json.dumps(json.loads(whole) | {"match": 5.0}))
    try:
        for command in (
            ("report", changed / "a"),
            ("compare", changed),
            ("results", "add", changed, "--results", changed / "x.db"),
            ("listen", changed, "--out", changed / "listening"),
        ):
            sentence = complaint(*command)
            assert str(path) in sentence
            assert "match" in sentence
    finally:
        path.write_bytes(whole)
