"""The contract of every embedding that needs no model."""

import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import EMBEDDINGS, Embedding

pytestmark = pytest.mark.parametrize("name", EMBEDDINGS)

SOUNDS = [
    ("noise", 44_100, 1.0, 1),
    ("sweep", 8_000, 1.7, 2),
    ("noise", 96_000, 0.5, 1),
    ("clicks", 48_000, 0.3, 2),
    ("silence", 44_100, 0.3, 1),
    ("noise", 44_100, 0.01, 1),
    ("noise", 8_000, 0.01, 2),
]


def vectors_of(name, audio, sr):
    """Return the frames and the vector of one sound [c, t]."""
    sounds = Spectra(torch.as_tensor(audio)[None], sr)
    embedding = EMBEDDINGS[name]()
    return embedding.frames(sounds)[0], embedding.embed(sounds)[0]


def test_follows_the_protocol(name):
    embedding = EMBEDDINGS[name]()
    assert isinstance(embedding, Embedding)
    assert embedding.name == name


def test_states_what_it_hears_and_what_it_is_blind_to(name):
    assert "Hears: " in EMBEDDINGS[name].__doc__
    assert "Blind to: " in EMBEDDINGS[name].__doc__


@pytest.mark.parametrize(("kind", "sr", "seconds", "channels"), SOUNDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_vectors_are_finite_and_of_one_length(name, kind, sr, seconds, channels, dtype, sound):
    embedding = EMBEDDINGS[name]()
    audio = torch.from_numpy(
        np.stack([sound(kind, sr, seconds, channels, seed=k) for k in range(3)])
    ).to(dtype)
    sounds = Spectra(audio, sr)
    whole, frames = embedding.embed(sounds), embedding.frames(sounds)
    length = len(vectors_of(name, sound("noise", 22_050, 0.2), 22_050)[1])
    assert whole.shape == (3, length)
    assert frames.ndim == 3
    assert len(frames) == 3
    assert frames.shape[1] > 0
    for found in (whole, frames):
        assert found.dtype == dtype
        assert found.isfinite().all()


def test_a_sound_on_both_channels_is_that_sound(name, sound):
    audio = sound("recording", 44_100, 0.5)
    for mono, stereo in zip(
        vectors_of(name, audio, 44_100),
        vectors_of(name, audio.repeat(2, axis=0), 44_100),
        strict=True,
    ):
        torch.testing.assert_close(mono, stereo)


@pytest.mark.parametrize("resolved", [False, True])
@pytest.mark.parametrize("distance", ["l1", "cosine"])
def test_bits_do_not_depend_on_the_batch(name, resolved, distance, sound):
    objective = EmbeddingDistance(name, resolved=resolved, distance=distance)
    scorer = ObjectiveSet([objective], Target(sound("sweep", 44_100, 1.3), 44_100))
    rows = np.stack([sound("noise", 44_100, 1.3, seed=k) for k in range(6)])
    together = scorer.score(rows)
    assert len(np.unique(together)) == 6
    for size in (1, 2, 5):
        parts = [scorer.score(rows[start : start + size]) for start in range(0, 6, size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)


@pytest.mark.parametrize("resolved", [False, True])
@pytest.mark.parametrize("distance", ["l1", "cosine"])
@pytest.mark.parametrize("kind", ["recording", "clicks", "silence"])
def test_identity_is_zero(name, resolved, distance, kind, sound):
    audio = sound(kind, 44_100, 0.7)
    objective = EmbeddingDistance(name, resolved=resolved, distance=distance)
    assert ObjectiveSet([objective], Target(audio, 44_100)).score(audio[None]) == 0.0


@pytest.mark.parametrize("resolved", [False, True])
def test_gradient_agrees_with_finite_differences(name, resolved, sound):
    objective = EmbeddingDistance(name, resolved=resolved)
    scorer = ObjectiveSet([objective], Target(sound("noise", 8_000, 0.4, seed=1), 8_000))
    audio = torch.from_numpy(sound("noise", 8_000, 0.4).astype(np.float64))[None].requires_grad_()
    (gradient,) = torch.autograd.grad(scorer.distances(audio).sum(), audio)
    direction = torch.from_numpy(sound("noise", 8_000, 0.4, seed=2))[None].double()
    with torch.no_grad():
        step = 1e-7 * direction
        rise = scorer.distances(audio + step) - scorer.distances(audio - step)
    slope = float((gradient * direction).sum())
    assert abs(slope) > 1e-3
    assert slope == pytest.approx(float(rise) / 2e-7, rel=1e-4)


@pytest.mark.parametrize("kind", ["silence", "clicks"])
def test_gradients_are_finite(name, kind, sound):
    scorer = ObjectiveSet([EmbeddingDistance(name)], Target(sound("noise", 8_000, 0.2), 8_000))
    audio = torch.from_numpy(sound(kind, 8_000, 0.2))[None].requires_grad_()
    scorer.distances(audio).sum().backward()
    assert audio.grad.isfinite().all()
