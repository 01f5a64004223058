import numpy as np
import pytest
import torch

from patchwright.surrogates.estimators.heads import Heads
from patchwright.surrogates.proxies import RelaxedSpace

SPACE = RelaxedSpace(("a", "b", "c"), np.array([0, 3, 0]))
N = 4_000


def fitted(values, bins):
    """Heads that hear nothing, fitted to the distribution of some presets."""
    torch.set_num_threads(1)
    heads = Heads(SPACE, 1, bins)
    relaxed = SPACE.relax(np.array(values))
    nothing = torch.zeros(len(relaxed), 1)
    optimizer = torch.optim.Adam(heads.parameters(), lr=0.1)
    for _ in range(200):
        loss = heads.loss(nothing, relaxed).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return heads.requires_grad_(False)


def test_two_possible_answers_do_not_become_their_mean():
    heads = fitted([[0.1, 0.0, 0.5], [0.1, 0.0, 0.5], [0.9, 0.5, 0.5]], bins=11)
    answer = heads.answer(torch.zeros(1, 1))
    assert answer[0, 0] == pytest.approx(0.1, abs=0.02)
    assert heads.soft(torch.zeros(1, 1))[0, 0] == pytest.approx(1.1 / 3, abs=0.02)
    drawn = heads.sample(torch.zeros(N, 1), torch.Generator().manual_seed(0), 1.0)
    low = (drawn[:, 0] < 0.5).float().mean()
    assert low == pytest.approx(2 / 3, abs=0.05)
    assert drawn[:, 1].mean() == pytest.approx(2 / 3, abs=0.05)
    assert ((drawn[:, 0] > 0.25) & (drawn[:, 0] < 0.75)).float().mean() < 0.02


def test_temperature_narrows_and_zero_is_the_answer():
    heads = fitted([[0.1, 0.0, 0.5], [0.1, 0.0, 0.4], [0.9, 0.5, 0.6]], bins=11)
    vector, generator = torch.zeros(N, 1), torch.Generator().manual_seed(0)
    cold, warm = (heads.sample(vector, generator, t)[:, 1].mean() for t in (0.5, 1.0))
    assert cold > warm + 0.05
    assert torch.equal(heads.sample(vector[:1], generator, 0), heads.answer(vector[:1]))


@pytest.mark.parametrize(("bins", "tolerance"), [(1, 0.01), (11, 0.005), (64, 0.005)])
def test_a_known_number_is_returned_between_the_knots_too(bins, tolerance):
    heads = fitted([[0.537, 1.0, 0.004]], bins)
    answer = heads.answer(torch.zeros(1, 1))[0]
    assert answer[0] == pytest.approx(0.537, abs=tolerance)
    assert answer[4] == pytest.approx(0.004, abs=tolerance)
    assert answer[1:4].tolist() == [0, 0, 1]
