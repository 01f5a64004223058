import numpy as np
import pytest
import torch

from patchwright.surrogates.estimators import Flow, Sampling, build_estimator
from patchwright.surrogates.estimators.flow import coupled
from patchwright.surrogates.estimators.parts import interchangeable
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.synths.builtin.oscillators import Oscillators
from tests.surrogates.estimators.small import SMALL

SHAPE = (6, 4)
SPACE = RelaxedSpace(("a", "b"), np.array([0, 2]))
NOTE = torch.zeros(1, 3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def trained():
    """Trained on two sounds, whose presets are at opposite corners."""
    torch.set_num_threads(1)
    flow = build_estimator("flow", SPACE, SHAPE, seed=0, **SMALL["flow"])
    before = flow.null.detach().clone()
    heard = torch.ones(64, *SHAPE)
    heard[::2] = -1
    relaxed = SPACE.relax(np.tile([[0.2, 0.0], [0.8, 1.0]], (32, 1)))
    notes = NOTE.expand(64, -1)
    optimizer = torch.optim.Adam(flow.parameters(), lr=5e-3)
    for step in range(250):
        loss = flow.loss(heard, notes, relaxed, generator(step)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return flow.eval().requires_grad_(False), before


def draw(flow, sound, guidance, n=200, steps=8):
    heard = torch.full((n, *SHAPE), sound)
    return flow.sample(
        heard, NOTE.expand(n, -1), generator(1), Sampling(steps=steps, guidance=guidance)
    )


def test_the_null_token_is_trained(trained):
    """In the published code it was not, so that guidance led anywhere."""
    flow, before = trained
    assert (flow.null - before).abs().max() > 1e-3


def test_without_guidance_the_sound_is_ignored_and_all_presets_appear(trained):
    flow, _ = trained
    first, other = draw(flow, 1.0, 0.0), draw(flow, -1.0, 0.0)
    assert torch.equal(first, other)
    assert 0.25 < first[:, 2].mean() < 0.75


@pytest.mark.parametrize("guidance", [1.0, 1.5])
def test_with_guidance_the_sound_decides(trained, guidance):
    flow, _ = trained
    for sound, number, level in ((-1.0, 0.2, 1), (1.0, 0.8, 2)):
        found = draw(flow, sound, guidance)
        assert found[:, 0].median() == pytest.approx(number, abs=0.1)
        assert found[:, level].mean() > 0.95


def test_more_steps_come_nearer_to_the_solution(trained):
    flow, _ = trained
    exact = draw(flow, 1.0, 1.0, steps=64)[:, 0]
    few, more = ((draw(flow, 1.0, 1.0, steps=s)[:, 0] - exact).abs().mean() for s in (1, 8))
    assert more < few


def test_coupling_is_the_best_permutation():
    start, end = torch.randn(6, 3, generator=generator()), torch.randn(6, 3, generator=generator(1))
    found = coupled(start, end)
    assert sorted(found[:, 0].tolist()) == sorted(start[:, 0].tolist())

    def cost(x):
        return float((x - end).square().sum())

    others = (cost(start[torch.randperm(6, generator=generator(s))]) for s in range(300))
    assert cost(found) <= min(others)


class TestInterchangeable:
    SPACE = RelaxedSpace.of(Oscillators(k=3).space.lock())

    def flow(self):
        flow = Flow(self.SPACE, SHAPE, **SMALL["flow"], symmetric=True).eval()
        for layer in flow.modules():  # gates that start closed
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.normal_(layer.weight, std=0.3, generator=generator())
        return flow

    def test_parts_are_found_by_their_names(self):
        parts = interchangeable(self.SPACE)
        assert len(parts) == 3
        assert sorted(c for part in parts for c in part) == list(range(self.SPACE.width))
        assert interchangeable(SPACE) == ()

    def test_a_permutation_of_parts_permutes_the_velocity(self):
        flow, parts = self.flow(), torch.tensor(interchangeable(self.SPACE))
        order = torch.arange(self.SPACE.width)
        order[parts.flatten()] = parts[[2, 0, 1]].flatten()
        x = torch.randn(4, self.SPACE.width, generator=generator())
        time, condition = torch.rand(4, generator=generator()), torch.randn(4, 32)
        plain, moved = (flow.velocity(s, time, condition) for s in (x, x[:, order]))
        torch.testing.assert_close(moved, plain[:, order], rtol=1e-4, atol=1e-5)
        assert not torch.allclose(plain, plain[:, order])
