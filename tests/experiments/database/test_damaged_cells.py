"""Cells that another program changed are named, and no command ends in a traceback."""

import sqlite3

import pytest

from patchwright.experiments.database import finished, open_database
from patchwright.experiments.errors import ExperimentError
from tests.experiments.compared_runs import write_run

CELLS = {
    "versions": ["{", "[]", '"x"', 3, b"\xff", "[" * 50_000, "3"],
    "statuses": ["", "nothing", "NaN"],
    "lock": ["{'a': 1}", b"\x00"],
    "match": ["high", b"\x00", float("inf")],
    "seconds": ["x"],
    "seed": ["x", 1.5],
    "target": [b"\xff"],
}


@pytest.mark.parametrize(("table", "column"), [("runs", c) for c in CELLS] + [("scores", "value")])
def test_a_damaged_cell_is_named(table, column, patchwright, complaint, tmp_path):
    write_run(tmp_path / "run", target="one", seed=0, score=0.5)
    assert patchwright("results", "add", "run", "--results", "r.db")[0] == 0
    for value in CELLS.get(column, CELLS["match"]):
        with sqlite3.connect("r.db") as connection:
            connection.execute(f"update {table} set {column} = ?", (value,))  # noqa: S608
            (sha256,) = connection.execute("select experiment from runs").fetchone()
        connection.close()
        for command in ("list", "export"):
            file = ["t.csv"] if command == "export" else []
            assert column in complaint("results", command, *file, "--results", "r.db")
        assert not (tmp_path / "t.csv").exists()
        if column in ("versions", "match"):
            with pytest.raises(ExperimentError, match=column):
                finished(open_database("r.db"), [sha256])
    assert patchwright("results", "add", "run", "--results", "r.db")[0] == 0
    assert patchwright("results", "list", "--results", "r.db")[0] == 0
