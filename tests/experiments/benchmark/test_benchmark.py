"""The benchmark: searches leave submissions, and only rendered presets count."""

import json
import re
import shutil

import numpy as np
import pytest
import yaml

from patchwright.experiments.benchmark import tasks
from patchwright.experiments.benchmark.ranking import rank
from patchwright.experiments.benchmark.tasks import Benchmark, read_benchmark
from patchwright.experiments.benchmark.verify import read_results
from patchwright.experiments.config.model import check
from patchwright.synths import Preset
from patchwright.synths.builtin import Subtractive
from tests.sizes import long

NAME = "<img src=x onerror=window.ran=1>"
SOUND = {"random": 3, "duration": 0.1, "length": 0.25}
SMALL = {
    "version": 1,
    "sr": 16_000,
    "calibration": 10,
    "judges": ["mss", "lsd", "mfcc_mae"],
    "forms": {
        "full": {"renders": 120, "seconds": 60, "seeds": [0, 1]},
        "short": {"renders": 120, "seconds": 60, "seeds": [0], "tasks": ["plain"]},
    },
    "tasks": [
        {"name": "plain", "synth": "subtractive", "target": SOUND},
        {
            "name": "locked",
            "synth": {"name": "subtractive", "lock": {"filter_cutoff": "800 Hz"}},
            "target": SOUND | {"random": 4},
        },
    ],
}


@pytest.fixture
def small(monkeypatch):
    benchmark = check(Benchmark, SMALL)
    monkeypatch.setattr(tasks, "read_benchmark", lambda: benchmark)
    return benchmark


def submission(folder, presets, **facts):
    """Write a submission by hand, as somebody without this program would."""
    claims = []
    for (task, seed), values in presets.items():
        path = folder / "presets" / task / f"{seed}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        Preset("mine", "subtractive", values).write(path, Subtractive.space)
        claims.append({"task": task, "seed": seed, "renders": 100, "seconds": 3.0})
    content = {"benchmark": 1, "form": "full", "name": "by hand", "answers": claims} | facts
    (folder / "method.yaml").write_text(yaml.safe_dump(content))
    return folder


def preset(**values):
    return Subtractive.space.values([values])[0]


def lawful():
    cutoff = {"filter_cutoff": "800 Hz"}
    return {(task, seed): preset(**cutoff) for task in ("plain", "locked") for seed in (0, 1)}


def test_the_benchmark_that_comes_along_is_whole():
    benchmark = read_benchmark()
    short = benchmark.tasks_of("short")
    assert {task.synth_name for task in short} == {task.synth_name for task in benchmark.tasks} - {
        "oscillators",
        "fm | delay",
    }
    for name in tasks.entered_methods():
        found = [*tasks.searches(benchmark, "full", name, benchmark.tasks)]
        assert len(found) == 3 * len(benchmark.tasks)
        assert all(search.config.search.renders == 2_500 for search in found)


def test_from_searches_to_a_page(small, patchwright, complaint, tmp_path):
    code, said, errors = patchwright(
        *("benchmark", "run", "random", "spiegelib-ga", "--short", "--workers", 1)
    )
    assert code == 0, errors
    folders = [
        tmp_path / f"runs/benchmark/submissions/{name}" for name in ("random", "spiegelib-ga")
    ]
    assert all(str(folder.relative_to(tmp_path)) in said for folder in folders)
    code, said, errors = patchwright("benchmark", "verify", *folders)
    assert code == 0, errors
    assert "1 answers count, 0 do not" in said
    first, second = (read_results(folder) for folder in folders)
    assert (first.method.optimised, second.method.optimised) == ((), ("mfcc_mae",))
    assert first.answers[0].random == second.answers[0].random

    run = next((tmp_path / "runs/benchmark/runs").glob("random-*"))
    measured = json.loads((run / "summary.json").read_text())["metrics"]
    for judge, distance in first.answers[0].distances.items():
        assert distance == pytest.approx(measured[judge], rel=1e-6)

    # the same bytes again; another word of its own changes nothing
    before = (folders[0] / "results.json").read_bytes()
    assert patchwright("benchmark", "verify", folders[0])[0] == 0
    assert (folders[0] / "results.json").read_bytes() == before

    code, said, errors = patchwright("benchmark", "page", *folders, "--markdown", "page.md")
    assert code == 0, errors
    assert "| lsd |" in (tmp_path / "page.md").read_text()
    page = (tmp_path / "benchmark.html").read_text()
    assert "2 methods" in page
    assert not re.search(r"<script|\ssrc=|url\(|@import", page)
    assert patchwright("benchmark", "page", *folders)[0] == 0
    assert (tmp_path / "benchmark.html").read_text() == page
    assert "one name" in complaint("benchmark", "page", folders[0], folders[0])


def test_presets_made_by_hand_count_and_breaches_do_not(small, patchwright, tmp_path):
    answers = lawful() | {("locked", 1): preset(filter_cutoff="900 Hz")}
    folder = submission(tmp_path / "hand", answers, name=NAME, about=NAME, url=NAME)
    (folder / "presets/plain/1.json").unlink()
    code, said, errors = patchwright("benchmark", "verify", folder)
    assert code == 0, errors
    assert "2 answers count, 2 do not" in said
    found = read_results(folder)
    assert [(each.task, each.seed) for each in found.answers] == [("plain", 0), ("locked", 0)]
    assert {(each.task, each.seed): each.why.split()[0] for each in found.faults} == {
        ("plain", 1): "Its",
        ("locked", 1): "filter_cutoff",
    }
    assert patchwright("benchmark", "page", folder)[0] == 0
    page = (tmp_path / "benchmark.html").read_text()
    assert NAME not in page
    assert "&lt;img" in page


def test_more_renders_than_allowed_do_not_count(small, patchwright, tmp_path):
    folder = submission(tmp_path / "hand", lawful())
    content = yaml.safe_load((folder / "method.yaml").read_text())
    content["answers"][0]["renders"] = 121
    content["answers"][1]["seconds"] = 100
    (folder / "method.yaml").write_text(yaml.safe_dump(content))
    assert patchwright("benchmark", "verify", folder)[0] == 0
    assert [each.why.split()[2] for each in read_results(folder).faults] == ["121", "100"]


def test_a_missing_answer_ranks_last(small, patchwright, tmp_path):
    whole = submission(tmp_path / "whole", lawful(), name="whole")
    some = {key: values for key, values in lawful().items() if key[0] == "plain"}
    part = submission(tmp_path / "part", some, name="part")
    assert patchwright("benchmark", "verify", part, whole)[0] == 0
    ranking = rank([read_results(part), read_results(whole)], small)
    assert ranking.methods == ("whole", "part")
    np.testing.assert_array_equal(ranking.ranks[:, ranking.tasks.index("locked")], [1, 2])
    np.testing.assert_array_equal(ranking.ranks[:, ranking.tasks.index("plain")], [1.5, 1.5])


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"benchmark": 2}, "run its method again"),
        ({"form": "fulll"}, "full"),
        ({"answers": [{"task": "plain", "seed": 7, "renders": 1, "seconds": 1}]}, "take it out"),
        ({"answers": [{"task": "../x", "seed": 0, "renders": 1, "seconds": 1}]}, "answers.0.task"),
        ({"scores": {}}, "scores is not a key"),
        ({"name": ""}, "name"),
    ],
)
def test_wrong_submissions_are_told(small, complaint, tmp_path, change, mend):
    assert mend in complaint(
        "benchmark", "verify", submission(tmp_path / "hand", lawful(), **change)
    )


def test_mistakes_are_told(small, complaint, tmp_path):
    assert "method.yaml" in complaint("benchmark", "verify", tmp_path)
    assert "nsga3" in complaint("benchmark", "run", "nsga", "--short")
    assert "plain" in complaint("benchmark", "run", "random", "--task", "plane")
    (tmp_path / "results.json").write_text("{")
    assert "verify its submission again" in complaint("benchmark", "page", tmp_path)
    one = submission(tmp_path / "a", lawful())
    short = {("plain", 0): lawful()["plain", 0]}
    other = submission(tmp_path / "b", short, form="short")
    assert "several forms" in complaint("benchmark", "verify", one, other)


def test_links_and_damaged_presets_do_not_count(small, patchwright, tmp_path):
    folder = submission(tmp_path / "hand", lawful())
    presets = folder / "presets"
    (presets / "plain/0.json").write_bytes((presets / "plain/1.json").read_bytes()[:-30])
    shutil.move(presets / "locked/0.json", tmp_path / "elsewhere.json")
    (presets / "locked/0.json").symlink_to(tmp_path / "elsewhere.json")
    (presets / "locked/1.json").write_bytes(b"\0" * 2**22)
    assert patchwright("benchmark", "verify", folder)[0] == 0
    found = read_results(folder)
    assert [(each.task, each.seed) for each in found.answers] == [("plain", 1)]
    assert len(found.faults) == 3


def test_a_synth_that_is_not_there_leaves_its_task_out(
    monkeypatch, patchwright, complaint, tmp_path
):
    content = SMALL | {
        "tasks": [*SMALL["tasks"], {"name": "away", "synth": "vst3:/no/such.vst3", "target": SOUND}]
    }
    content["forms"] = SMALL["forms"] | {
        "short": SMALL["forms"]["short"] | {"tasks": ["plain", "away"]}
    }
    monkeypatch.setattr(tasks, "read_benchmark", lambda: check(Benchmark, content))
    code, said, errors = patchwright("benchmark", "run", "random", "--short", "--dry-run")
    assert code == 0
    assert "away is left out" in errors
    assert "0 of 1 runs" in said
    code, _, errors = patchwright("benchmark", "run", "random", "--short", "--task", "away")
    assert (code, "install one" in errors) == (2, True)


@long
def test_the_short_form_runs_as_it_comes_along(patchwright, tmp_path):
    code, _, errors = patchwright(
        *("benchmark", "run", "random", "--short", "--task", "fm-bell", "--workers", 1)
    )
    assert code == 0, errors
    assert (
        patchwright("benchmark", "verify", tmp_path / "runs/benchmark/submissions/random")[0] == 0
    )
