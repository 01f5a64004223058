"""Measurements are read as they were kept, and not at all if anything in them is wrong."""

import json
from dataclasses import dataclass
from enum import StrEnum

import pytest
from pydantic import FiniteFloat

from patchwright.synths.measurements import Measurements


class Way(StrEnum):
    fast = "fast"
    slow = "slow"


@dataclass(frozen=True)
class Level:
    name: str
    by_way: dict[Way, tuple[FiniteFloat, FiniteFloat]]
    chosen: Way | None = None


LEVELS = Measurements("levels", Level)
SOME = Level("Flöte", {Way.slow: (0.1, -1e300)}, Way.fast)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return LEVELS.path(["vst3:x", {"b": 1, "a": None}])


def test_a_measurement_comes_back_and_belongs_to_all_that_it_depends_on(path, tmp_path):
    assert path.parent == tmp_path / "patchwright" / "levels"
    assert LEVELS.read(path) is None
    LEVELS.write(path, SOME)
    assert LEVELS.read(path) == SOME
    assert LEVELS.path(["vst3:x", {"a": None, "b": 1}]) == path
    assert LEVELS.path(["vst3:y", {"a": None, "b": 1}]) != path
    assert LEVELS.read(Measurements("others", Level).path(["vst3:x"])) is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"by_way": {"slow": [0.1]}},
        {"by_way": {"sideways": [0.1, 0.2]}},
        {"by_way": {"slow": [0.1, float("nan")]}},
        {"by_way": {"slow": [0.1, 10**400]}},
        {"by_way": {"slow": ["0.1", 0.2]}},
        {"chosen": []},
        {"chosen": "?"},
    ],
)
def test_one_with_a_wrong_value_is_not_read(change, path):
    LEVELS.write(path, SOME)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert LEVELS.read(path) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{", b"[" * 10**5])
def test_what_is_no_json_object_is_not_read(data, path):
    LEVELS.write(path, SOME)
    path.write_bytes(data)
    assert LEVELS.read(path) is None
