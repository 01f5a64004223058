"""The table of wheels in the docs has every required dependency, and nothing else but extras'."""

import re

from tests.install.wheels import ROOT, SYSTEMS, names, needs, pythons, table


def test_the_docs_have_a_row_for_each_required_dependency():
    text = (ROOT / "docs/platforms.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| ([a-z0-9]*) \| .*3\.\d", text, re.MULTILINE)
    known = {(name, extra) for extra, required in needs().items() for name in required}
    assert {row for row in known if row[1] == ""} <= set(rows) <= known
    assert len(rows) == len(set(rows))


def test_a_missing_wheel_is_shown():
    missing = {(system, python): set() for system in SYSTEMS for python in pythons()}
    missing["Linux arm64", pythons()[0]] = {"numpy"}
    missing |= {("Windows x64", python): {"numpy"} for python in pythons()}
    (row,) = [line for line in table(missing) if line.startswith("| numpy |")]
    cells = [cell.strip() for cell in row.split("|")[3:-1]]
    every = f"{pythons()[0]} to {pythons()[-1]}"
    assert cells == ["**none**", every, every, ", ".join(pythons()[1:])]


def test_an_extra_of_a_dependency_is_a_dependency():
    assert names(["psycopg[binary]>=3.1"]) == {"psycopg", "psycopg-binary"}
