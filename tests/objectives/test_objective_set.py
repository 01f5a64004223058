import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from patchwright.objectives import OBJECTIVES, ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances import MFCCMAE, MRSTFT, MSS, Envelope

SR = 8_000


@pytest.fixture
def scorer(sound):
    target = Target(sound("sweep", SR, 0.3), SR)
    return ObjectiveSet([each() for each in OBJECTIVES.values()], target)


def batch(sound, n, channels=1, seconds=0.3):
    return np.stack([sound("noise", SR, seconds, channels, seed=k) for k in range(n)])


def test_columns_are_the_objectives_in_order(sound, scorer):
    candidates = batch(sound, 3)
    assert scorer.names == tuple(OBJECTIVES)
    assert scorer.names[:4] == ("mrstft", "mss", "mfcc_mae", "envelope")
    scores = scorer.score(candidates)
    assert scores.shape == (3, len(OBJECTIVES))
    assert scores.dtype == np.float64
    assert list(OBJECTIVES.values())[:4] == [MRSTFT, MSS, MFCCMAE, Envelope]
    for column, make in enumerate(OBJECTIVES.values()):
        alone = ObjectiveSet([make()], scorer.target).score(candidates)
        np.testing.assert_array_equal(scores[:, [column]], alone)


def test_target_is_prepared_once(sound):
    prepared = []

    class Counting(MSS):
        def prepare(self, target):
            prepared.append(target.n_channels)
            return super().prepare(target)

    scorer = ObjectiveSet([Counting()], Target(sound("noise", SR, 0.3, channels=2), SR))
    for _ in range(3):
        scorer.score(batch(sound, 2, channels=2))
    assert prepared == [2]
    for _ in range(3):
        scorer.score(batch(sound, 2, channels=1))
    assert prepared == [2, 1]


def test_objectives_with_one_transform_share_it(sound, monkeypatch):
    class Twin(MRSTFT):
        name = "twin"

    target = Target(sound("noise", SR, 0.3), SR)
    candidates = batch(sound, 2)
    calls = []
    rfft = torch.fft.rfft
    alone, both = ObjectiveSet([MRSTFT()], target), ObjectiveSet([MRSTFT(), Twin()], target)
    monkeypatch.setattr(torch.fft, "rfft", lambda *a, **k: calls.append(1) or rfft(*a, **k))
    alone.score(candidates)
    transforms = len(calls)
    scores = both.score(candidates)
    assert len(calls) == 2 * transforms > 0
    np.testing.assert_array_equal(scores[:, 0], scores[:, 1])


@pytest.mark.parametrize(("of_target", "of_candidates"), [(1, 2), (2, 1), (2, 3)])
def test_differing_channels_are_mixed_to_mono(sound, of_target, of_candidates):
    target = Target(sound("sweep", SR, 0.3, of_target), SR)
    candidates = batch(sound, 2, of_candidates)
    objectives = [each() for each in OBJECTIVES.values()]
    mixed = ObjectiveSet(objectives, target).score(candidates)
    mono = ObjectiveSet(objectives, target.mono()).score(candidates.mean(1, keepdims=True))
    np.testing.assert_allclose(mixed, mono, rtol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_is_nan_and_touches_no_other(sound, scorer, bad):
    candidates = batch(sound, 5)
    clean = scorer.score(candidates)
    candidates[2, 0, 77] = bad
    scores = scorer.score(candidates)
    assert np.isnan(scores[2]).all()
    np.testing.assert_array_equal(np.delete(scores, 2, 0), np.delete(clean, 2, 0))


@pytest.mark.parametrize("level", [1e10, 1e25, 3e38])
def test_scores_of_absurd_levels_are_finite_or_nan(sound, scorer, level):
    candidates = batch(sound, 3)
    clean = scorer.score(candidates)
    candidates[1] = level
    scores = scorer.score(candidates)
    assert not np.isinf(scores).any()
    np.testing.assert_array_equal(scores[[0, 2]], clean[[0, 2]])


def test_opposite_infinities_do_not_cancel(sound, scorer):
    candidates = batch(sound, 1)
    candidates[0, 0, :2] = np.inf, -np.inf
    assert np.isnan(scorer.score(candidates)).all()


def test_gradient_of_a_row_that_is_not_finite_is_zero(sound, scorer):
    candidates = torch.from_numpy(batch(sound, 3))
    candidates[1, 0, 5] = torch.nan
    candidates.requires_grad_()
    scorer.distances(candidates)[[0, 2]].sum().backward()
    assert candidates.grad[1].eq(0).all()
    assert candidates.grad.isfinite().all()
    assert candidates.grad[0].abs().sum() > 0


def test_distances_are_the_scores(sound, scorer):
    candidates = batch(sound, 3)
    distances = scorer.distances(torch.from_numpy(candidates).requires_grad_())
    # without gradients mrstft is compiled, and rounds differently
    np.testing.assert_allclose(distances.detach().numpy(), scorer.score(candidates), rtol=1e-6)


def test_reads_every_layout(sound, scorer):
    candidates = batch(sound, 4)
    expected = scorer.score(candidates)
    before = candidates.copy()
    candidates.flags.writeable = False
    np.testing.assert_array_equal(scorer.score(candidates), expected)
    np.testing.assert_array_equal(scorer.score(candidates[::-1]), expected[::-1])
    np.testing.assert_array_equal(scorer.score(torch.from_numpy(before)), expected)
    np.testing.assert_array_equal(candidates, before)
    np.testing.assert_allclose(scorer.score(before.astype(np.float64)), expected, rtol=1e-3)


def test_array_is_read_where_it_lies(sound, scorer, monkeypatch):
    candidates = batch(sound, 2)
    seen = []
    measure = ObjectiveSet._measure
    monkeypatch.setattr(
        ObjectiveSet, "_measure", lambda self, a, s: seen.append(a) or measure(self, a, s)
    )
    scorer.score(candidates)
    assert seen[0].data_ptr() == candidates.ctypes.data


def test_empty_batch(scorer):
    n_samples = scorer.target.n_samples
    assert scorer.score(np.zeros((0, 1, n_samples), dtype=np.float32)).shape == (0, len(OBJECTIVES))


def test_threads_do_not_disturb_each_other(sound, scorer):
    batches = [batch(sound, 4) * (k + 1) / 8 for k in range(8)]
    batches = [each.astype(np.float32) for each in batches]
    expected = [scorer.score(each) for each in batches]
    with ThreadPoolExecutor(4) as pool:
        for found, right in zip(pool.map(scorer.score, batches), expected, strict=True):
            np.testing.assert_array_equal(found, right)


def test_is_pickled(sound, scorer):
    candidates = batch(sound, 2)
    expected = scorer.score(candidates)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(scorer)).score(candidates), expected)  # noqa: S301


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((1, 2400), np.float32, r"audio\[None, None, :\]"),
        ((1, 0, 2400), np.float32, "shape"),
        ((1, 1, 2399), np.float32, "2399 samples and the target has 2400"),
        ((1, 1, 2400), np.int16, "int16"),
    ],
)
def test_refuses_candidates(scorer, shape, dtype, message):
    with pytest.raises(ObjectiveError, match=message):
        scorer.score(np.zeros(shape, dtype=dtype))


def test_refuses_none_and_repeated_objectives(scorer):
    with pytest.raises(ObjectiveError, match="at least one"):
        ObjectiveSet([], scorer.target)
    with pytest.raises(ObjectiveError, match="mss, mss"):
        ObjectiveSet([MSS(), MSS()], scorer.target)


def test_a_target_too_short_is_refused_at_once():
    target = Target(np.zeros((1, 500), dtype=np.float32), SR)
    with pytest.raises(ObjectiveError, match=r"128\.2 ms"):
        ObjectiveSet([MFCCMAE(), MRSTFT()], target)


def test_prepared_objectives_measure_batches(sound, scorer):
    candidates = batch(sound, 3)
    expected = scorer.score(candidates)
    spectra = Spectra(torch.from_numpy(candidates), SR)
    for column, make in enumerate(OBJECTIVES.values()):
        distances = make().prepare(scorer.target)(spectra)
        np.testing.assert_allclose(distances.numpy(), expected[:, column], rtol=1e-5)


def test_parts_are_compared_each_on_its_own(sound):
    parts = ((0, 2_400), (2_900, 4_900))
    audio = sound("sweep", SR, 0.7)
    objectives = [each() for each in OBJECTIVES.values()]
    together = ObjectiveSet(objectives, Target(audio, SR, parts))
    candidates = batch(sound, 2, seconds=0.7)
    scores = together.score(candidates)
    alone = [
        ObjectiveSet(objectives, Target(audio[:, first:stop], SR)).score(
            np.ascontiguousarray(candidates[:, :, first:stop])
        )
        for first, stop in parts
    ]
    np.testing.assert_array_equal(scores, np.mean(alone, axis=0))
    between = candidates.copy()
    between[:, :, 2_400:2_900] = between[:, :, 4_900:] = 0.0
    np.testing.assert_array_equal(together.score(between), scores)
    np.testing.assert_array_equal(together.score(candidates[1:]), scores[1:])
    distances = together.distances(torch.from_numpy(candidates)).numpy()
    np.testing.assert_allclose(distances, scores, rtol=1e-4)
    for wrong in ((0, 0), (-1, 5), (5_000, 5_601)):
        with pytest.raises(ObjectiveError, match="spans that lie in it"):
            Target(audio, SR, [wrong])
