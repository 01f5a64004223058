"""A damaged file of evaluations is named itself, whichever of its bytes changed."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from patchwright.search import EvaluationLog, Evaluations, SearchError
from tests.sizes import size


@pytest.fixture
def log(tmp_path):
    """A log with one generation."""
    rng = np.random.default_rng(0)
    log = EvaluationLog(tmp_path / "evaluations", ["a", "b"], ["mss"], ["loudness"], residuals=3)
    log.write(0, evaluations(rng), seconds=2.0)
    return log


def evaluations(rng, n=20):
    return Evaluations(
        rng.random((n, 2)),
        np.where(rng.random((n, 1)) < 0.2, np.nan, rng.random((n, 1))),
        np.zeros(n, np.int8),
        rng.random(n),
        rng.random((n, 1)),
        rng.random((n, 3)).astype(np.float16),
    )


def test_a_changed_byte_is_found_and_the_file_is_named(log):
    (path,) = log.folder.iterdir()
    whole = path.read_bytes()
    before, _ = log.read(0)
    rng = np.random.default_rng(1)
    places = rng.integers(0, len(whole), size(5_000, 300))
    said = []
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.integers(8)
        path.write_bytes(changed)
        try:
            found, _ = log.read(0)
        except SearchError as error:
            said.append(str(error))
        else:  # a byte that means nothing, such as a statistic
            for name in ("genotypes", "scores", "status", "seconds", "descriptors", "residuals"):
                np.testing.assert_array_equal(getattr(found, name), getattr(before, name))
    assert len(said) > 0.4 * len(places)
    assert all(str(path) in sentence and "remove it" in sentence for sentence in said)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"x" * 1000])
def test_a_file_that_is_no_parquet_is_named(log, data):
    (path,) = log.folder.iterdir()
    whole = path.read_bytes()
    for wrong in (data, whole[: len(whole) // 2], whole[:-1]):
        path.write_bytes(wrong)
        with pytest.raises(SearchError, match=re.escape(str(path))):
            log.read(0)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("genotype.a", [np.nan] * 20),
        ("genotype.a", ["x"] * 20),
        ("status", [-1] * 20),
        ("status", [1.0] * 20),
        ("seconds", [-1.0] * 20),
        ("seconds", [np.inf] * 20),
        ("score.mss", ["x"] * 20),
    ],
)
def test_a_file_of_another_program_is_named(log, column, values):
    (path,) = log.folder.iterdir()
    table = pq.read_table(path)
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), path)
    with pytest.raises(SearchError, match=re.escape(str(path))):
        log.read(0)


@pytest.mark.parametrize("wall", [b"nan", b"-1", b"x", b""])
def test_a_wrong_wall_time_is_named(log, wall):
    (path,) = log.folder.iterdir()
    table = pq.read_table(path).replace_schema_metadata({"wall_seconds": wall})
    pq.write_table(table, path)
    with pytest.raises(SearchError, match=re.escape(str(path))):
        log.read(0)


def test_other_genotypes_name_the_file(log):
    (path,) = log.folder.iterdir()
    with pytest.raises(SearchError, match=re.escape(str(path))):
        log.replay(0, np.zeros((20, 2)))


def test_files_without_checksums_are_read(log):
    (path,) = log.folder.iterdir()
    before, seconds = log.read(0)
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"wall_seconds": "2.0"}), path)
    again, same = log.read(0)
    assert same == seconds
    np.testing.assert_array_equal(again.scores, before.scores)
