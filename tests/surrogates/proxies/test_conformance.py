"""What every proxy must do."""

import numpy as np
import pytest
import torch

from patchwright.surrogates.proxies import PROXIES, RelaxedSpace, build_proxy
from patchwright.surrogates.proxies.note import scaled_note
from tests.surrogates.tiny import TinySynth

SMALL = {
    "residual_mlp": {"hidden": 16, "blocks": 2},
    "mlp": {"hidden": 16},
    "highway": {"hidden": 16, "layers": 2},
    "token_highway": {"token": 4, "hidden": 16, "layers": 2},
    "recurrent_highway": {"token": 4, "state": 8, "hidden": 16, "layers": 1},
    "transformer": {"token": 8, "heads": 2, "layers": 2},
}
SUBSPACE = TinySynth.space.lock()
SPACE = RelaxedSpace.of(SUBSPACE)
VALUES = SUBSPACE.decode(SUBSPACE.sample(12, np.random.default_rng(0)))[:, SUBSPACE.free]
NOTES = scaled_note(np.tile([[60, 100, 0.5]], (12, 1)))


def test_every_proxy_has_a_small_version_here():
    assert SMALL.keys() == PROXIES.keys()


@pytest.fixture(params=PROXIES)
def make(request):
    return lambda seed=0: build_proxy(
        request.param, SPACE, 5, seed=seed, **SMALL[request.param]
    ).eval()


def test_predicts_a_row_for_each_preset(make):
    found = make()(SPACE.relax(VALUES), NOTES)
    assert found.shape == (12, 5)
    assert torch.isfinite(found).all()


def test_a_prediction_does_not_depend_on_its_batch(make):
    proxy, relaxed = make(), SPACE.relax(VALUES)
    torch.testing.assert_close(
        proxy(relaxed, NOTES)[3:4], proxy(relaxed[3:4], NOTES[3:4]), rtol=1e-4, atol=1e-5
    )


def test_the_seed_decides_the_weights_and_the_global_generator_stays(make):
    state = torch.get_rng_state()
    first, same, other = make(1), make(1), make(2)
    assert torch.equal(torch.get_rng_state(), state)
    relaxed = SPACE.relax(VALUES)
    assert torch.equal(first(relaxed, NOTES), same(relaxed, NOTES))
    assert not torch.equal(first(relaxed, NOTES), other(relaxed, NOTES))


def test_every_parameter_and_the_note_have_a_gradient(make):
    relaxed, notes = SPACE.relax(VALUES).requires_grad_(), NOTES.clone().requires_grad_()
    make()(relaxed, notes).square().sum().backward()
    for name, block in zip(SPACE.names, SPACE.blocks, strict=True):
        assert (relaxed.grad[:, block].abs().amax(0) > 0).all(), name
    assert (notes.grad.abs().amax(0) > 0).all()


def test_it_can_learn(make):
    torch.set_num_threads(1)
    proxy = make().train()
    relaxed = SPACE.relax(VALUES)
    aim = torch.from_numpy(VALUES[:, :5].astype(np.float32))
    optimizer = torch.optim.Adam(proxy.parameters(), lr=0.01)
    losses = []
    for _ in range(40):
        loss = (proxy(relaxed, NOTES) - aim).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
