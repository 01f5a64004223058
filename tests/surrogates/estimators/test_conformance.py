"""What every estimator must do."""

import numpy as np
import pytest
import torch

from patchwright.surrogates import SurrogateError
from patchwright.surrogates.estimators import (
    ESTIMATORS,
    Sampling,
    build_estimator,
    check_estimator,
)
from patchwright.surrogates.proxies import RelaxedSpace
from patchwright.surrogates.proxies.note import scaled_note
from tests.surrogates.estimators.small import SMALL
from tests.surrogates.tiny import TinySynth

SUBSPACE = TinySynth.space.lock()
SPACE = RelaxedSpace.of(SUBSPACE)
SHAPE = (12, 8)
N = 12
VALUES = SUBSPACE.decode(SUBSPACE.sample(N, np.random.default_rng(0)))[:, SUBSPACE.free]
RELAXED = SPACE.relax(VALUES)
HEARD = torch.randn(N, *SHAPE, generator=torch.Generator().manual_seed(0))
NOTES = scaled_note(np.array([[48 + i, 100, 0.5] for i in range(N)]))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_every_estimator_has_a_small_version_here():
    assert SMALL.keys() == ESTIMATORS.keys()


@pytest.fixture(params=ESTIMATORS)
def make(request):
    torch.set_num_threads(1)
    return lambda seed=0: build_estimator(
        request.param, SPACE, SHAPE, seed=seed, **SMALL[request.param]
    ).eval()


def test_samples_and_answers_are_presets(make):
    estimator = make()
    for found in (
        estimator.sample(HEARD, NOTES, generator(), Sampling(steps=2)),
        estimator.answer(HEARD, NOTES),
    ):
        assert found.shape == RELAXED.shape
        assert ((found >= 0) & (found <= 1)).all()
        for i in SPACE.choices:
            level = found[:, SPACE.blocks[i]]
            assert ((level == 0) | (level == 1)).all()
            assert (level.sum(1) == 1).all()


def test_the_generator_decides_the_samples(make):
    estimator, few = make(), Sampling(steps=2)
    first, same, other = (estimator.sample(HEARD, NOTES, generator(s), few) for s in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_an_answer_does_not_depend_on_its_batch(make):
    estimator = make()
    torch.testing.assert_close(
        estimator.answer(HEARD, NOTES)[3:4],
        estimator.answer(HEARD[3:4], NOTES[3:4]),
        rtol=1e-3,
        atol=1e-4,
    )


def test_the_seed_decides_the_weights_and_the_global_generator_stays(make):
    state = torch.get_rng_state()
    first, same, other = make(1), make(1), make(2)
    assert torch.equal(torch.get_rng_state(), state)
    losses = [x.loss(HEARD, NOTES, RELAXED, generator()) for x in (first, same, other)]
    assert losses[0].shape == (N,)
    assert torch.equal(losses[0], losses[1])
    assert not torch.equal(losses[0], losses[2])


def test_sound_and_note_reach_every_parameter_softly(make):
    """A perceptual loss needs gradients of all parameters, discrete ones too."""
    estimator = make()
    for layer in estimator.modules():  # gates that start closed
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.normal_(layer.weight, std=0.2, generator=generator())
    heard, notes = HEARD.clone().requires_grad_(), NOTES.clone().requires_grad_()
    soft = estimator.soft(heard, notes, generator())
    assert ((soft >= 0) & (soft <= 1)).all()
    for name, block in zip(SPACE.names, SPACE.blocks, strict=True):
        weights = torch.arange(1.0, 1.0 + block.stop - block.start)
        found = torch.autograd.grad(
            (soft[:, block] * weights).sum(), (heard, notes), retain_graph=True
        )
        assert all((x != 0).any() for x in found), name


def test_it_learns_which_sound_is_of_which_preset(make):
    estimator = make().train()
    optimizer = torch.optim.Adam(estimator.parameters(), lr=0.01)
    for step in range(150):
        loss = estimator.loss(HEARD, NOTES, RELAXED, generator(step)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    estimator.eval()
    with torch.no_grad():
        found = SPACE.values(estimator.sample(HEARD, NOTES, generator(), Sampling(guidance=1.0)))
    wrong = np.abs(found[:, None] - VALUES).mean(axis=2)
    assert (wrong.argmin(axis=1) == np.arange(N)).mean() > 0.6


def test_an_embedding_is_heard_by_perceptrons_and_flows_only():
    for name, options in SMALL.items():
        if name in ("mlp", "flow", "vae"):
            estimator = build_estimator(name, SPACE, (7, 1), seed=0, **options)
            found = estimator.answer(torch.randn(2, 7, 1), NOTES[:2])
            assert found.shape == (2, SPACE.width)
        else:
            with pytest.raises(SurrogateError, match="not embeddings"):
                build_estimator(name, SPACE, (7, 1), seed=0, **options)


def test_wrong_names_and_options_are_refused():
    for name, options, words in (
        ("flwo", {}, "'flow'"),
        ("cnn", {"chanels": 3}, "'channels'"),
        ("cnn", {"channels": 0}, "channels must be a whole number"),
        ("flow", {"coupling": 1}, "coupling must be true or false"),
    ):
        with pytest.raises(SurrogateError, match=words):
            check_estimator(name, options)
    with pytest.raises(SurrogateError, match="multiple of heads"):
        build_estimator("flow", SPACE, SHAPE, seed=0, size=10, heads=4)
    with pytest.raises(SurrogateError, match="encoder must be"):
        build_estimator("flow", SPACE, SHAPE, seed=0, encoder="rnn")
    with pytest.raises(SurrogateError, match="no interchangeable parts"):
        build_estimator("flow", SPACE, SHAPE, seed=0, symmetric=True)
