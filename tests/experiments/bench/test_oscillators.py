"""The k-osc task: what its numbers mean."""

import numpy as np
import pytest

from patchwright.experiments.bench.oscillators import make_data, overlap, score
from patchwright.surrogates.proxies import RelaxedSpace

K = 2


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(K, 120, tmp_path_factory.mktemp("k-osc") / "data")


class Known:
    """A model whose answers are given."""

    def __init__(self, space, answers):
        self.network, self.space, self._answers = self, space, answers

    def hear(self, spectrograms):
        return spectrograms

    def sample(self, heard, note, generator, sampling):
        return self._answers


def scores(data, change):
    space = RelaxedSpace.of(data.subspace)
    truth = data.values(data.rows("test"))
    return score(Known(space, space.relax(change(truth))), data, K, 0.0)


def test_no_test_preset_is_in_training_in_any_order(data, monkeypatch):
    assert len(data.rows("test")) > 0
    assert overlap(data) == 0
    rows = data.rows
    monkeypatch.setattr(data, "rows", lambda split: rows("test"))
    whole = data.values
    calls = []

    def swapped(these):
        calls.append(len(these))
        values = whole(these)
        return values[:, [3, 4, 5, 0, 1, 2]] if len(calls) == 1 else values

    monkeypatch.setattr(data, "values", swapped)
    assert overlap(data) == 1


def test_the_truth_in_another_order_is_the_truth(data):
    same = scores(data, lambda truth: truth)
    other = scores(data, lambda truth: truth[:, [3, 4, 5, 0, 1, 2]])
    for found in (same, other):
        assert found.chamfer == pytest.approx(0, abs=1e-6)
        assert found.assignment == pytest.approx(0, abs=1e-6)
        assert found.lsd < 0.5


def test_chamfer_takes_one_oscillator_for_two_and_assignment_does_not(data):
    def twice(truth):
        return np.concatenate([truth[:, :3], truth[:, :3]], axis=1)

    found = scores(data, twice)
    assert 0 < found.chamfer < found.assignment
    assert found.lsd > 0.5
