"""The contract of every registered objective."""

import numpy as np
import pytest
import torch

from patchwright.objectives import OBJECTIVES, Objective, ObjectiveSet, PreparedObjective, Target

SR = 8_000
SECONDS = 0.2
KINDS = ["noise", "clicks", "sweep"]

# f0 needs a target with a pitch, and has a gradient where the candidate has one too
TARGETS = {"f0": ["tone", "recording"]}
# sample rates for objectives that need more than 1 kHz
MIN_SR = {"level": 4_000}
SILENCE_FROM_SILENCE = {"rms_cosine": 1.0}


def targets_of(name):
    return TARGETS.get(name, [*KINDS, "silence"])


every_objective = pytest.mark.parametrize("name", OBJECTIVES)
every_target, every_audible_target = (
    pytest.mark.parametrize(
        ("name", "kind"),
        [(name, kind) for name in OBJECTIVES for kind in targets_of(name) if kind != left_out],
    )
    for left_out in ("", "silence")
)


def scorer_of(name, audio, sr=SR):
    return ObjectiveSet([OBJECTIVES[name]()], Target(audio, sr))


def far_apart(name, sound, sr=SR, seconds=SECONDS, channels=1, seed=0):
    """Return a target, and a candidate at a distance above 0 with a gradient."""
    if name in TARGETS:
        kind = TARGETS[name][0]
        return sound(kind, sr, seconds, channels), sound(kind, sr, seconds, channels, seed=1 + seed)
    return sound("sweep", sr, seconds, channels), sound("noise", sr, seconds, channels, seed=seed)


@every_objective
def test_follows_the_protocol(name, sound):
    objective = OBJECTIVES[name]()
    assert isinstance(objective, Objective)
    assert objective.name == name
    prepared = objective.prepare(Target(sound(targets_of(name)[0], SR, SECONDS), SR))
    assert isinstance(prepared, PreparedObjective)


@every_objective
def test_states_what_it_is_blind_to(name):
    assert "Blind to: " in OBJECTIVES[name].__doc__


@pytest.mark.parametrize("channels", [1, 2])
@every_target
def test_identity_is_zero(name, kind, channels, sound):
    audio = sound(kind, SR, SECONDS, channels)
    expected = SILENCE_FROM_SILENCE.get(name, 0.0) if kind == "silence" else 0.0
    scorer = scorer_of(name, audio)
    assert scorer.score(audio[None]) == expected
    assert scorer.distances(torch.from_numpy(audio[None]).requires_grad_()) == expected


@every_audible_target
def test_silence_is_finite_and_apart(name, kind, sound):
    audio, silence = sound(kind, SR, SECONDS), sound("silence", SR, SECONDS)
    pairs = [(audio, silence)]
    if "silence" in targets_of(name):
        pairs.append((silence, audio))
    for target, candidate in pairs:
        score = scorer_of(name, target).score(candidate[None])
        assert np.isfinite(score).all()
        assert score > 0


@every_objective
def test_nearer_is_lower(name, sound):
    target, other = far_apart(name, sound)
    if name in TARGETS:
        candidates = np.stack([target, *(far_apart(name, sound, seed=k)[1] for k in range(3))])
    else:
        candidates = np.stack([target + amount * other for amount in (0.01, 0.1, 1.0, 10.0)])
    scores = scorer_of(name, candidates[0]).score(candidates)[:, 0]
    assert (np.diff(scores) > 0).all()


@pytest.mark.parametrize(("sr", "seconds", "channels"), [(44_100, 1.0, 1), (8_000, 0.9, 2)])
@every_objective
def test_bits_do_not_depend_on_the_batch(name, sr, seconds, channels, sound):
    pairs = [far_apart(name, sound, sr, seconds, channels, seed=k) for k in range(16)]
    scorer = scorer_of(name, pairs[0][0], sr)
    rows = np.stack([candidate for _, candidate in pairs])
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
@every_objective
def test_gradient_agrees_with_finite_differences(name, channels, sound):
    sr, n_samples = MIN_SR.get(name, 1_000), 1_040
    generator = torch.Generator().manual_seed(0)
    shape = (channels, n_samples)
    target = 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)
    audio = 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)
    direction = torch.randn((8, *shape), generator=generator, dtype=torch.float64)
    if name in TARGETS:
        pair = far_apart(name, sound, sr, n_samples / sr, channels)
        target, audio = (torch.from_numpy(each).double() for each in pair)
    scorer = scorer_of(name, target, sr)

    def along(steps):
        """Return distances along eight random directions, in which all samples change."""
        return scorer.distances((audio + torch.einsum("k,kct->ct", steps, direction))[None])

    steps = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, steps, eps=1e-8, atol=1e-4, rtol=1e-4)
    (gradient,) = torch.autograd.grad(along(steps).sum(), steps)
    assert gradient.abs().min() > 1e-4


@pytest.mark.parametrize("candidate", [*KINDS, "silence", "tone"])
@every_target
def test_gradients_are_finite(name, kind, candidate, sound):
    scorer = scorer_of(name, sound(kind, SR, SECONDS))
    audio = torch.from_numpy(sound(candidate, SR, SECONDS)[None]).requires_grad_()
    scorer.distances(audio).sum().backward()
    assert audio.grad.isfinite().all()


@every_objective
def test_descent_comes_nearer(name, sound):
    target, candidate = far_apart(name, sound)
    scorer = scorer_of(name, target)
    audio = torch.from_numpy(candidate[None]).requires_grad_()
    first = scorer.distances(audio)
    (gradient,) = torch.autograd.grad(first.sum(), audio)
    step = 1e-3 * gradient / gradient.norm()
    assert scorer.distances(audio.detach() - step) < first
