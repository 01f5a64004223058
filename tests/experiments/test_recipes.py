"""The recipes in experiments/README.md, followed literally in a copy of the package."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import soundfile

import patchwright
from patchwright import experiments

ROOT, EXPERIMENTS = Path(patchwright.__path__[0]), Path(experiments.__path__[0])
README = (EXPERIMENTS / "README.md").read_text(encoding="utf-8")
RUN = {
    "target": {"random": 3, "duration": 0.2, "length": 0.3},
    "objectives": ["mfcc_mae"],
    "search": {"method": "random", "renders": 40, "calibration": 20},
    "sr": 22_050,
}
MAIN = """
import json, sys
from patchwright.experiments.cli import main
codes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["patchwright", *arguments]
    try:
        main()
    except SystemExit as exit:
        codes.append(exit.code or 0)
print(json.dumps(codes))
"""


def blocks(recipe):
    """The blocks of code of a recipe, in order."""
    _, _, section = README.partition(f"\n### {recipe}\n")
    found = re.findall(r"^( *)```python\n(.*?)^ *```$", re.split(r"\n##", section)[0], re.M | re.S)
    return [textwrap.dedent(block) for _, block in found]


def insert(path, block, *, before):
    """Insert a block above the only match of a pattern, indented like the line there."""
    text = path.read_text(encoding="utf-8")
    (line,) = re.finditer(rf"^( *){before}", text, re.M)
    indented = textwrap.indent(block, line[1])
    path.write_text(text[: line.start()] + indented + text[line.start() :], encoding="utf-8")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package in which both recipes are followed; the folder that contains it."""
    folder = tmp_path_factory.mktemp("copy")
    copy = folder / "patchwright"
    copy.mkdir()
    shutil.copy(ROOT / "__init__.py", copy)
    for name in ("synths", "objectives", "search", "surrogates"):
        (copy / name).symlink_to(EXPERIMENTS.parent / name)
    room = copy / "experiments"
    shutil.copytree(EXPERIMENTS, room, ignore=shutil.ignore_patterns("targets"))
    command, row = blocks("Add a command")
    (room / "cli" / "preset.py").write_text(command, encoding="utf-8")
    imported, registered = row.split("\n\n")
    main = room / "cli" / "main.py"
    insert(main, f"{imported}\n", before=r"from patchwright\.experiments\.cli\.report import")
    insert(main, registered, before=r"app\.add_typer\(synth_app")
    field, measured = blocks("Add a number to the report")
    insert(room / "records" / "summary.py", f"{field}\n", before=r"def present\(self\)")
    insert(room / "match" / "answer.py", measured, before=r"return Numbers\(")
    return folder


@pytest.fixture(scope="module")
def done(package):
    """What three commands of the copy printed, and the folder of the run that they made."""
    (package / "run.yaml").write_text(json.dumps(RUN), encoding="utf-8")
    commands = [
        ["run", "run.yaml", "--out", "run", "--workers", "1", "--results", "results.db"],
        ["preset", "run"],
        ["preset", "nowhere"],
    ]
    process = subprocess.run(
        [sys.executable, "-c", MAIN, json.dumps(commands)],
        cwd=package,
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    *lines, codes = process.stdout.splitlines()
    assert json.loads(codes) == [0, 0, 2], process.stderr
    return lines, process.stderr, package / "run"


def test_a_new_command_prints_and_reports_mistakes(done):
    lines, errors, run = done
    preset = json.loads((run / "summary.json").read_text())["preset"]
    assert lines[-len(preset) :] == [f"{name}: {value}" for name, value in preset.items()]
    assert "nowhere/run.yaml is missing" in errors
    assert "Traceback" not in errors


def test_a_new_number_is_in_the_summary_the_report_and_the_database(done):
    _, _, run = done
    best, target = (np.abs(soundfile.read(run / f"{name}.wav")[0]) for name in ("best", "target"))
    error = abs(best.max() - target.max())
    assert error > 0
    stored = json.loads((run / "summary.json").read_text())["numbers"]["peak_error"]
    assert stored == pytest.approx(error)
    report = (run / "report.html").read_text(encoding="utf-8")
    assert f"<dt>Peak error</dt><dd>{stored:.4g}</dd>" in report
    assert "difference between the peaks of the best match and the target" in report
    with sqlite3.connect(run.parent / "results.db") as database:
        rows = database.execute("SELECT role, value FROM scores WHERE name = 'peak_error'")
        assert rows.fetchall() == [("number", stored)]
