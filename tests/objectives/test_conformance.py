"""What every registered objective must do."""

import numpy as np
import pytest
import torch

from objectives import OBJECTIVES, Objective, ObjectiveSet, PreparedObjective, Target

pytestmark = pytest.mark.parametrize("name", OBJECTIVES)

SR = 8_000
SECONDS = 0.2
KINDS = ["noise", "clicks", "sweep"]


def scorer_of(name, audio, sr=SR):
    return ObjectiveSet([OBJECTIVES[name]()], Target(audio, sr))


def test_follows_the_protocol(name, sound):
    objective = OBJECTIVES[name]()
    assert isinstance(objective, Objective)
    assert objective.name == name
    prepared = objective.prepare(Target(sound("noise", SR, SECONDS), SR))
    assert isinstance(prepared, PreparedObjective)


def test_states_what_it_is_blind_to(name):
    assert "blind to" in OBJECTIVES[name].__doc__.lower()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", [*KINDS, "silence"])
def test_identity_is_zero(name, kind, channels, sound):
    audio = sound(kind, SR, SECONDS, channels)
    scorer = scorer_of(name, audio)
    assert scorer.score(audio[None]) == 0.0
    assert scorer.distances(torch.from_numpy(audio[None]).requires_grad_()) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_silence_is_finite_and_apart(name, kind, sound):
    audio, silence = sound(kind, SR, SECONDS), sound("silence", SR, SECONDS)
    for target, candidate in ((audio, silence), (silence, audio)):
        score = scorer_of(name, target).score(candidate[None])
        assert np.isfinite(score).all()
        assert score > 0


def test_nearer_is_lower(name, sound):
    target = sound("sweep", SR, SECONDS)
    noise = sound("noise", SR, SECONDS)
    mixtures = np.stack([target + amount * noise for amount in (0.01, 0.1, 1.0, 10.0)])
    scores = scorer_of(name, mixtures[0]).score(mixtures)[:, 0]
    assert (np.diff(scores) > 0).all()


@pytest.mark.parametrize(("sr", "seconds", "channels"), [(44_100, 1.0, 1), (8_000, 0.9, 2)])
def test_bits_do_not_depend_on_the_batch(name, sr, seconds, channels, sound):
    scorer = scorer_of(name, sound("sweep", sr, seconds, channels), sr)
    rows = np.stack([sound("noise", sr, seconds, channels, seed=k) for k in range(16)])
    together = scorer.score(rows)
    assert len(np.unique(together)) == 16
    for size in (1, 2, 3, 5):
        parts = [scorer.score(rows[start : start + size]) for start in range(0, 16, size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)
    np.testing.assert_array_equal(scorer.score(rows[::-1])[::-1], together)
    misaligned = np.empty(rows.size + 1, dtype=np.float32)[1:].reshape(rows.shape)
    misaligned[:] = rows
    np.testing.assert_array_equal(scorer.score(misaligned), together)


@pytest.mark.parametrize("channels", [1, 2])
def test_gradient_agrees_with_finite_differences(name, channels, sound):
    sr, n_samples = 1_000, 1_040
    generator = torch.Generator().manual_seed(0)
    shape = (channels, n_samples)
    target = 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)
    audio = 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)
    direction = torch.randn((8, *shape), generator=generator, dtype=torch.float64)
    scorer = scorer_of(name, target, sr)

    def along(steps):
        """The distance in eight random directions: all samples move, in few evaluations."""
        return scorer.distances((audio + torch.einsum("k,kct->ct", steps, direction))[None])

    steps = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, steps, eps=1e-8, atol=1e-4, rtol=1e-4)
    (gradient,) = torch.autograd.grad(along(steps).sum(), steps)
    assert gradient.abs().min() > 1e-4


@pytest.mark.parametrize("target", [*KINDS, "silence"])
@pytest.mark.parametrize("candidate", [*KINDS, "silence"])
def test_gradients_are_finite(name, target, candidate, sound):
    scorer = scorer_of(name, sound(target, SR, SECONDS))
    audio = torch.from_numpy(sound(candidate, SR, SECONDS)[None]).requires_grad_()
    scorer.distances(audio).sum().backward()
    assert audio.grad.isfinite().all()


def test_descent_comes_nearer(name, sound):
    scorer = scorer_of(name, sound("sweep", SR, SECONDS))
    audio = torch.from_numpy(sound("noise", SR, SECONDS)[None]).requires_grad_()
    first = scorer.distances(audio)
    (gradient,) = torch.autograd.grad(first.sum(), audio)
    step = 1e-3 * gradient / gradient.norm()
    assert scorer.distances(audio.detach() - step) < first
