"""Text from outside is shown as it is: on the terminal, in pages and in spreadsheets."""

import csv
import io
import os
import shutil
import sqlite3
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import rich.table
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.progress import BarColumn, Progress

from patchwright.experiments.terminal.console import Console, PlainColumn, print_whole
from patchwright.experiments.terminal.plain_text import (
    encodable,
    markdown_table,
    shown,
    spreadsheet_cell,
)
from tests.sizes import size

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20) | st.lists(
    st.sampled_from(["[", "]", "/", "b", "[/b]", "[red]", "\\", ":cat:", "\x1b[3m", "\udce9"]),
    max_size=6,
).map("".join)


def printed(draw):
    out = io.StringIO()
    draw(Console(file=out, width=200, force_terminal=False))
    return out.getvalue()


@settings(max_examples=size(5_000, 200), deadline=None)
@given(TEXTS)
@example("[/foo]")
@example("[bold]x[/]")
@example(":cat:")
@example("caf\udce9.wav")
def test_no_text_is_taken_for_markup(text):
    text = text.replace("\n", "").replace("\t", "")
    table = rich.table.Table(text, title=f"-{text}-")
    table.add_row(f"<{text}>")

    def progress(console):
        with Progress(PlainColumn("{task.fields[it]}"), BarColumn(), console=console) as bar:
            bar.add_task("run", it=f"({text})")

    for draw, around in (
        (lambda console: console.print(f"<{text}>", soft_wrap=True), "<>"),
        (lambda console: print_whole(table, console), "<>"),
        (lambda console: print_whole(table, console), "--"),
        (progress, "()"),
    ):
        assert around[0] + shown(text) + around[1] in printed(draw)
    assert shown(text).encode() == encodable(shown(text)).encode()


@settings(max_examples=size(5_000, 200), deadline=None)
@given(TEXTS)
def test_shown_text_controls_no_terminal_and_is_itself_when_plain(text):
    plain = shown(text)
    plain.encode()
    encodable(text).encode()
    kinds = {unicodedata.category(sign) for sign in plain if sign not in "\n\t\u200c\u200d"}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert shown(plain) == plain
    if text.isprintable():
        assert plain == text


@settings(max_examples=size(2_000, 100), deadline=None)
@given(TEXTS)
@example("=1+1")
@example("\t=1")
def test_no_cell_of_a_spreadsheet_is_a_formula(text):
    cell = spreadsheet_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_a_narrow_table_splits_no_number():
    table = rich.table.Table("distance", *["a long name of a sound.wav"] * 8)
    numbers = [f"{number:.6f}" for number in np.linspace(1000, 2000, 8)]
    table.add_row("mrstft", *numbers)
    out = io.StringIO()
    print_whole(table, Console(file=out, width=40))
    line = next(line for line in out.getvalue().splitlines() if "mrstft" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")][1:] == numbers


@pytest.mark.parametrize("name", ["[bold]x[ ]:cat:", "[·b] a", "caf\udce9"])
def test_the_name_of_a_file_is_shown_by_every_command(name, patchwright, tmp_path):
    """`·` is a slash, which no file name has, so that rich would see the end of a style."""
    sound, plain = tmp_path / f"{name}.wav", shown(name)
    soundfile.write(os.fsencode(sound), 0.5 * np.sin(np.arange(8_000) * 0.2), 16_000)
    code, out, errors = patchwright("score", sound.name, sound.name, "--objective", "mss")
    assert (code, errors) == (0, "")
    assert f"{plain}.wav" in out
    options = ("--synth", "fm", "--objective", "mss", "--note", "60", "--renders", "12")
    more = ("--set", "search.calibration=10", "--set", "sr=16000", "--workers", "1")
    folder = tmp_path / "runs" / f"of {name}"
    code, out, errors = patchwright(
        *("match", sound.name, "--method", "random", *options, *more, "--out", folder),
        *("--results", "r.db", "--study", "s.db"),
    )
    assert code == 0, errors
    assert plain in out
    assert plain in (folder / "report.html").read_text(encoding="utf-8")
    code, out, errors = patchwright("run", folder / "run.yaml", "--out", folder, "--resume")
    assert code == 0, errors
    other = shutil.copytree(folder, tmp_path / "runs" / "other")
    for file, word in (("run.yaml", "method: random"), ("summary.json", '"method": "random"')):
        text = (other / file).read_text(encoding="utf-8")
        (other / file).write_text(text.replace(word, word.replace("random", "cmaes")))
    for arguments in (
        ("results", "add", folder, "--results", "r.db"),
        ("results", "list", "--results", "r.db"),
        ("results", "export", "r.csv", "--results", "r.db"),
        ("results", "export", "r.parquet", "--results", "r.db"),
        ("report", folder),
        ("compare", "runs", "--csv", "c.csv", "--markdown", "c.md", "--latex", "c.tex"),
        ("compare", "runs", "--html", "c.html"),
        ("listen", "runs", "--out", "listening"),
    ):
        code, out, errors = patchwright(*arguments)
        assert code == 0, (arguments, errors)
        if arguments[1] == "list":
            assert plain in out
    for table in ("r.csv", "c.csv"):
        assert plain in Path(table).read_text(encoding="utf-8")


def test_cells_that_begin_like_formulas_are_text(patchwright, tmp_path):
    from tests.experiments.compared_runs import write_run

    for method in ("nsga2", "cmaes"):
        write_run(tmp_path / "runs" / method, target="=1+1", method=method, seed=0, score=0.5)
    assert patchwright("results", "add", "runs", "--results", "r.db")[0] == 0
    assert patchwright("results", "export", "r.csv", "--results", "r.db")[0] == 0
    assert patchwright("compare", "runs", "--csv", "c.csv")[0] == 0
    for name in ("r.csv", "c.csv"):
        with Path(name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["target"] for row in rows} == {"'=1+1"}
        assert all(float(row["value"]) > 0 for row in rows)
    with sqlite3.connect("r.db") as database:
        assert database.execute("select target from runs").fetchall() == [("=1+1",)] * 2


def test_a_bar_in_a_name_does_not_end_a_cell_of_markdown():
    rows = markdown_table([["name", "value"], ["a|b", "1"]]).splitlines()
    assert [row.replace(r"\|", "").count("|") for row in rows] == [3, 3, 3]
    assert r"a\|b" in rows[2]
