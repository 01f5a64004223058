"""Code that numba compiled is read by later processes while its source is the same."""

import importlib.util
import sys

import filelock
import pytest

from patchwright import compiled

ADD = """
from patchwright.compiled import compiled

@compiled("i8(i8)")
def add(x):
    return x + {}
"""


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Return a function that imports the source anew, as another process would."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python's own cache counts in seconds
    path = tmp_path / "source" / "adding.py"
    path.parent.mkdir()

    def imported(number):
        path.write_text(ADD.format(number))
        spec = importlib.util.spec_from_file_location("adding", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.add

    return imported


def hits(function):
    return sum(function.stats.cache_hits.values())


def test_code_is_compiled_once(add, tmp_path):
    assert hits(add(1)) == 0
    again = add(1)
    assert (again(2), hits(again)) == (3, 1)
    (tmp_path / "source" / "beside.py").write_text("pass")  # which it may have imported from
    assert hits(add(1)) == 0


def test_code_is_that_of_the_source(add):
    assert [add(number)(10) for number in (1, 2, 1)] == [11, 12, 11]


def test_no_folder_is_needed(add, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    assert add(1)(2) == 3


def test_a_process_that_was_stopped_while_it_compiled_holds_nobody_up(add, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "_PATIENCE", 0.1)
    add(1)
    (lock,) = tmp_path.glob("cache/patchwright/compiled/*/lock")
    with filelock.FileLock(lock):
        again = add(1)
    assert (again(2), hits(again)) == (3, 0)
