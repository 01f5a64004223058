import numpy as np
import pytest
import torch
from scipy.spatial.distance import cosine

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances.embedding import EmbeddingDistance
from patchwright.objectives.embeddings import load_embedding


class Samples:
    """An embedding by the samples themselves, in four frames."""

    name = "samples"

    def frames(self, sounds):
        return sounds.audio.mean(1).unflatten(1, (4, -1))

    def embed(self, sounds):
        return self.frames(sounds).mean(1)


SR = 1_000
GENERATOR = np.random.default_rng(0)
TARGET = GENERATOR.standard_normal((1, 20))
ROWS = GENERATOR.standard_normal((3, 1, 20))


def score(target=TARGET, rows=ROWS, **options):
    return ObjectiveSet([EmbeddingDistance(Samples(), **options)], Target(target, SR)).score(rows)[
        :, 0
    ]


def frames(audio):
    return audio.reshape(-1, 4, 5)


def test_l1_is_the_mean_absolute_difference():
    difference = frames(ROWS).mean(1) - frames(TARGET).mean(1)
    np.testing.assert_allclose(score(), np.abs(difference).mean(1))


def test_cosine_equals_scipy():
    target = frames(TARGET).mean(1)[0]
    expected = [cosine(row, target) for row in frames(ROWS).mean(1)]
    np.testing.assert_allclose(score(distance="cosine"), expected)


def test_resolved_is_the_mean_over_frames():
    (target,) = frames(TARGET)
    difference = np.abs(frames(ROWS) - target).mean((1, 2))
    np.testing.assert_allclose(score(resolved=True), difference)
    expected = [
        np.mean([cosine(*pair) for pair in zip(row, target, strict=True)]) for row in frames(ROWS)
    ]
    np.testing.assert_allclose(score(resolved=True, distance="cosine"), expected)


def test_cosine_does_not_see_length_and_zeros_are_at_right_angles():
    np.testing.assert_allclose(
        score(rows=np.stack([3 * TARGET, -TARGET, 0 * TARGET]), distance="cosine"),
        [0, 2, 1],
        atol=1e-15,
    )
    rows = np.stack([0 * TARGET, TARGET])
    np.testing.assert_allclose(score(0 * TARGET, rows, distance="cosine"), [0, 1])


def test_cosine_of_zeros_has_a_finite_gradient():
    objective = EmbeddingDistance(Samples(), distance="cosine")
    for target, candidate in ((TARGET, 0 * TARGET), (0 * TARGET, TARGET), (TARGET, TARGET)):
        audio = torch.from_numpy(candidate.copy())[None].requires_grad_()
        ObjectiveSet([objective], Target(target, SR)).distances(audio).sum().backward()
        assert audio.grad.isfinite().all()


def test_an_embedding_is_named_or_given(sound):
    target, row = sound("noise", 44_100, 0.2), sound("sweep", 44_100, 0.2)
    scores = [
        ObjectiveSet([EmbeddingDistance(embedding)], Target(target, 44_100)).score(row[None])
        for embedding in ("modulation", load_embedding("modulation"), "mel_stats")
    ]
    assert scores[0] == scores[1] != scores[2]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"distance": "l2"}, "'l2' .*: choose l1 or cosine"),
        ({"embedding": "mel_stat"}, "did you mean 'mel_stats'"),
        ({"sr": 16_000}, "mel_stats .* sr: leave it out"),
        ({"embedding": Samples(), "sr": 16_000}, "sr .*: leave it out"),
    ],
)
def test_invalid_options_are_refused(options, complaint):
    with pytest.raises(ObjectiveError, match=complaint):
        EmbeddingDistance(**options)
