"""Descents of numbers and categories together."""

import numpy as np
import pytest
import torch

from patchwright.surrogates.assisted.descent import Adam, descend
from patchwright.surrogates.assisted.relaxation import RelaxedGenotypes
from patchwright.surrogates.proxies import RelaxedSpace
from tests.surrogates.tiny import TinySynth

LOCK = {"fault": "none"}
SPACE = RelaxedSpace.of(TinySynth.space.lock(LOCK))


def genotypes(subspace, n=6):
    return subspace.sample(n, np.random.default_rng(0))


def test_adam_is_that_of_torch():
    aim = torch.linspace(-1, 2, 5)
    mine, other = torch.zeros(5, requires_grad=True), torch.zeros(5, requires_grad=True)
    adam = Adam([mine], [0.1])
    reference = torch.optim.Adam([other], lr=0.1, betas=(0.9, 0.99))
    for _ in range(20):
        adam.step(torch.autograd.grad(((mine - aim) ** 4).sum(), [mine]))
        reference.zero_grad()
        ((other - aim) ** 4).sum().backward()
        reference.step()
    torch.testing.assert_close(mine, other)


def test_variables_are_their_genotypes():
    subspace = TinySynth.space.lock(LOCK)
    space = RelaxedGenotypes(subspace, SPACE)
    x = genotypes(subspace)
    np.testing.assert_allclose(space.variables(x).genotypes(), x, atol=1e-6)


@pytest.mark.parametrize("relaxation", ["soft", "straight_through", "gumbel"])
@pytest.mark.parametrize("limit", [{}, {"octave": [-1, 1], "level": [-40, -10]}])
def test_numbers_and_categories_descend_to_the_optimum(relaxation, limit):
    subspace = TinySynth.space.lock(LOCK, limit=limit)
    space = RelaxedGenotypes(subspace, SPACE)
    aim = SPACE.relax(np.array([[0.5, 0.3, 2 / 3, 0.0, 1.0]]))[0]
    found = descend(
        space,
        genotypes(subspace),
        lambda relaxed: (relaxed - aim).square().sum(1),
        steps=90,
        rate=0.02,
        relaxation=relaxation,
        generator=torch.Generator().manual_seed(0),
    )
    reached = subspace.space.readable(subspace.decode(found))
    for preset in reached:
        assert preset["level"] == pytest.approx(-25, abs=2)
        assert preset["bend"] == pytest.approx(-4.8, abs=1)
        assert (preset["octave"], preset["wave"], preset["wide"]) == (1, "sine", True)


def test_limits_keep_levels_out():
    subspace = TinySynth.space.lock(LOCK, limit={"octave": [0, 1]})
    space = RelaxedGenotypes(subspace, SPACE)
    variables = space.variables(genotypes(subspace))
    for relaxation in ("soft", "gumbel", "straight_through"):
        relaxed = variables.relaxed(relaxation, 5.0, torch.Generator().manual_seed(0))
        octaves = relaxed[:, SPACE.blocks[SPACE.names.index("octave")]]
        assert (octaves[:, [0, 3]] == 0).all()
        assert octaves.sum(1).allclose(torch.ones(len(octaves)))


def test_without_discrete_parameters():
    subspace = TinySynth.space.lock(LOCK | {"octave": 0, "wave": "saw", "wide": False})
    space = RelaxedGenotypes(subspace, SPACE)
    x = genotypes(subspace)
    found = descend(
        space,
        x,
        lambda relaxed: relaxed[:, 0],
        steps=30,
        rate=0.1,
        relaxation="soft",
        generator=torch.Generator(),
    )
    assert (found[:, 0] < x[:, 0]).all()
