"""The partition of a space into cells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patchwright.synths.priors.cells import BINS, Cells
from tests.synths.priors.small_spaces import MIXED, two_kinds

GRID = 2.0**-16
points = st.lists(st.integers(0, 2**16).map(lambda step: step * GRID), max_size=6, unique=True).map(
    sorted
)


@given(st.lists(st.tuples(st.integers(0, 5), points), min_size=1, max_size=4), st.integers(0, 99))
def test_cells_cover_every_value_once(columns, seed):
    levels = [0 if k == 0 else k for k, _ in columns]
    cells = Cells.of(levels, [own for _, own in columns])
    assert (cells.high > cells.low).all()
    rng = np.random.default_rng(seed)
    ids = np.stack([rng.integers(*cells.first[j : j + 2], size=50) for j in range(len(levels))], 1)
    values = cells.draw(ids, rng)
    assert ((values >= 0) & (values <= 1)).all()
    assert np.array_equal(cells.index(values), ids)
    for j, (k, own) in enumerate(columns):
        inside = cells.of_parameter(j)
        assert np.array_equal(cells.starts[inside][1:], cells.high[inside][:-1])
        if k:
            assert cells.points[inside].tolist() == (np.arange(k) / max(k - 1, 1)).tolist()
            continue
        known = cells.points[inside]
        assert known[~np.isnan(known)].tolist() == own
        bins = cells.bins[ids[:, j]] - cells.bins[cells.first[j]]
        off_edges = np.abs(values[:, j] * BINS % 1 - 0.5) < 0.49
        expected = np.minimum(np.floor(values[:, j] * BINS), BINS - 1)
        assert np.array_equal(bins[off_edges], expected[off_edges])


def test_what_presets_repeat_becomes_a_point():
    cells = Cells.around(MIXED, two_kinds(200))
    known = cells.points[cells.of_parameter(1)]
    assert known[~np.isnan(known)].tolist() == [1.0]  # the level of every bright preset
    # plugins round values to float32
    near = np.float64(np.float32(0.7)), 0.7
    values = np.tile([near[0]], (50, 1))
    cells = Cells.around(type(MIXED)((MIXED["level"],)), values)
    assert np.array_equal(cells.index(np.array([[near[0]]])), cells.index(np.array([[near[1]]])))


def test_locks_and_limits_leave_what_they_allow():
    cells = Cells.of(MIXED.levels.tolist(), [[], [0.0, 0.5], [], [], []])
    subspace = MIXED.lock({"sync": True}, limit={"level": [0.25, 0.505], "octave": [-1, 0]})
    cut, left = cells.cut(subspace)
    octave, sync, level = (left[cells.of_parameter(j)] for j in (2, 3, 1))
    assert octave.tolist() == [0, 1, 1, 0, 0]
    assert sync.tolist() == [0, 1]
    assert np.isclose(left[cells.of_parameter(0)], 1).all()
    # bins 16 to 31 and the point are whole; of bin 32, 0.5 to 0.505 is left
    assert np.isclose(level.sum(), 16 + 1 + 0.005 * BINS, atol=1e-3)
    ids = np.flatnonzero(left[cells.of_parameter(1)] > 0) + cells.first[1]
    rows = np.tile(cells.first[:-1], (len(ids), 1))
    rows[:, 1] = ids
    values = cut.draw(rows, np.random.default_rng(0))[:, 1]
    assert ((values >= 0.25) & (values <= 0.505)).all()
    assert np.array_equal(
        cut.index(np.insert(np.zeros((len(ids), 4)), 1, values, axis=1))[:, 1], ids
    )
