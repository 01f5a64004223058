"""Commands that are printed to go on with: typed again, they lose nothing."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.experiments.match.progress import SearchProgress
from patchwright.experiments.terminal.command_line import command_line
from tests.sizes import size

WORDS = st.text(st.characters(exclude_categories=("C", "Z"))).filter(bool)
PLACES = ["--results", "postgresql://me:secret@h/n?password=secret", "--study", "my studies.db"]
SUITE = """
name: s
defaults: {target: {random: 1}}
sweep: {seed: 0..1}
tune: {method: cmaes, options: {sigma: 0.1..0.3}}
"""


@settings(max_examples=size(1_000, 100), deadline=None)
@given(WORDS, WORDS, st.lists(WORDS))
def test_a_shell_reads_what_was_given(path, out, overrides):
    line = shlex.split(command_line("run", Path(path), out=out, set=overrides, resume=True))
    path = str(Path(path))
    expected = [f"./{path}" if path.startswith("-") else path, "--out", out]
    for word in overrides:
        expected += ["--set", word]
    assert line == ["patchwright", "run", *expected, "--resume"]


def test_a_name_that_cannot_be_shown():
    name = os.fsdecode(b"it's a caf\xe9 \x1b\x85\\.wav")
    line = command_line("run", Path(name))
    assert line.isprintable()
    done = subprocess.run(
        ["/bin/bash", "-c", f"printf %s {line[16:]}"], capture_output=True, check=True
    )
    assert done.stdout == os.fsencode(name)


def interrupted(patchwright, *arguments):
    """Run a command that is interrupted; return the command that it prints, with the password."""
    code, said, complaint = patchwright(*arguments)
    assert code == 130, complaint
    assert "secret" not in said + complaint
    assert ("with the password in place of ***" in complaint) == (
        "***" in complaint.split("\n")[-2]
    )
    return shlex.split(complaint.splitlines()[-1].replace("***", "secret"))[1:]


@pytest.mark.parametrize("by_ear", [[], ["--by-ear"]])
def test_a_run_goes_on_with_all_that_it_was_given(patchwright, monkeypatch, by_ear):
    given = []

    def run_experiment(config, *, out, announce, callbacks, **options):
        (progress,) = callbacks
        assert isinstance(progress, SearchProgress)
        out.mkdir(exist_ok=True)
        (out / "run.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
        given.append((config, out, options))
        announce(out, "heard.")
        raise KeyboardInterrupt

    monkeypatch.setattr("patchwright.experiments.match.run.run_experiment", run_experiment)
    first = [
        "match",
        "a.wav",
        "--out",
        "my run",
        "--set",
        "seed=3",
        "--workers",
        2,
        *PLACES,
        *by_ear,
    ]
    second = interrupted(patchwright, *first)
    assert interrupted(patchwright, *second) == second
    (config, out, options), (again, place, others) = given
    assert (again, place) == (config, out)
    assert others == options | {"resume": True}
    assert options["results"] == PLACES[1]
    assert second[-1:] == (by_ear or [PLACES[3]])


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("run", ["--workers", "2", *PLACES, "--cluster", "local"]),
        ("run", []),
        ("tune", ["--workers", "2"]),
    ],
)
def test_many_runs_go_on_with_all_that_they_were_given(
    patchwright, monkeypatch, tmp_path, command, options
):
    def interrupt(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("patchwright.experiments.cli.suite.make_plan", interrupt)
    monkeypatch.setattr("patchwright.experiments.tune.tune.tune", interrupt)
    (tmp_path / "my suite.yaml").write_text(
        SUITE if command == "tune" else SUITE[: SUITE.index("tune")]
    )
    first = [command, "my suite.yaml", "--out", "my [b]", "--set", "search.renders=900", *options]
    assert interrupted(patchwright, *first) == first


def test_what_an_unfinished_run_may_need_is_named(complaint, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.yaml").write_text("target: {path: a.wav}\n")
    said = complaint("report", "one")
    assert re.search(r"patchwright run one/run\.yaml --out one --resume.*--results", said)
