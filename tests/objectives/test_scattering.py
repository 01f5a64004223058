import sys

import numpy as np
import pytest
import torch

from objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from objectives.scattering import Scattering, _transform, log_scattering
from tests.needs import need_package


@pytest.fixture
def kymatio():
    need_package("kymatio", "scattering")
    return sys.modules.get("kymatio") or __import__("kymatio")


def distance(candidate, target, sr):
    return ObjectiveSet([Scattering()], Target(target, sr)).score(candidate[None])[0, 0]


@pytest.mark.parametrize(("n_samples", "j"), [(256, 5), (4_000, 8)])
def test_equals_kymatio_by_numpy(n_samples, j, kymatio, sound):
    audio = sound("noise", 16_000, n_samples / 16_000, 2)
    transform = kymatio.Scattering1D(J=j, shape=n_samples, Q=(8, 1), frontend="numpy")
    expected = np.log1p(np.maximum(transform(audio.astype(np.float64))[:, 1:], 0) / 1e-3)
    found = log_scattering(Spectra(torch.from_numpy(audio[None]), 16_000))[0]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-3, atol=1e-4)


def test_distance_is_the_root_mean_square(kymatio, sound):
    target, candidate = sound("noise", 8_000, 0.2, seed=1), sound("sweep", 8_000, 0.2)
    ours, theirs = (
        log_scattering(Spectra(torch.from_numpy(x[None]), 8_000)).numpy()
        for x in (candidate, target)
    )
    expected = np.sqrt(np.square(ours - theirs).mean())
    assert distance(candidate, target, 8_000) == pytest.approx(expected, rel=1e-5)


def test_hears_tremolo_that_one_average_is_blind_to(kymatio):
    """The same carrier at another rate of tremolo: the second order tells them apart."""
    sr = 8_000
    time = np.arange(sr) / sr
    slow, fast, again = (
        (np.sin(2 * np.pi * 900 * time) * (1 + np.sin(2 * np.pi * hz * time + phase)) / 4)[
            None
        ].astype(np.float32)
        for hz, phase in ((20, 0), (80, 0), (20, 2))
    )
    assert distance(fast, slow, sr) > 3 * distance(again, slow, sr)


def test_conforms(kymatio, sound):
    """What is asked of registered objectives, in little, as each sound takes its time."""
    sr, kinds = 8_000, ["noise", "silence", "clicks", "tone"]
    rows = np.stack([sound(kind, sr, 0.04, 2) for kind in kinds])
    for number, target in enumerate(rows):
        scorer = ObjectiveSet([Scattering()], Target(target, sr))
        scores = scorer.score(rows)
        assert scores[number] == 0
        assert (np.delete(scores, number) > 0).all()
        np.testing.assert_array_equal(scorer.score(rows[1:3]), scores[1:3])
        audio = torch.from_numpy(rows).requires_grad_()
        scorer.distances(audio).sum().backward()
        assert audio.grad.isfinite().all()


def test_slope_agrees_with_finite_differences(kymatio):
    generator = torch.Generator().manual_seed(0)
    target, audio, way = 0.1 * torch.randn(3, 2, 300, generator=generator, dtype=torch.float64)
    scorer = ObjectiveSet([Scattering()], Target(target, 8_000))

    def along(step):
        return scorer.distances((audio + step * way)[None])

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, step, eps=1e-6, atol=1e-5, rtol=1e-4)


def test_high_rates_are_resampled_and_long_sounds_cut(kymatio, sound):
    target = sound("sweep", 48_000, 0.2)
    assert distance(target, target, 48_000) == 0
    found = log_scattering(Spectra(torch.zeros(1, 1, 4_800), 48_000))
    assert found.shape == log_scattering(Spectra(torch.zeros(1, 1, 1_600), 16_000)).shape
    head = sound("noise", 2_000, 4.0)
    late = np.concatenate([head, head], axis=1)
    early = np.concatenate([head, 0 * head], axis=1)
    # Resampling keeps 2 kHz as it is; the second half is not compared.
    assert distance(late, early, 2_000) == 0


def test_refuses_a_short_target(kymatio):
    with pytest.raises(ObjectiveError, match=r"scattering needs .* 16\.1 ms \(706 samples"):
        Scattering().prepare(Target(np.zeros((1, 705), np.float32), 44_100))
    Scattering().prepare(Target(np.ones((1, 706), np.float32), 44_100))


def test_says_how_to_install_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "kymatio", None)
    _transform.cache_clear()
    with pytest.raises(ObjectiveError, match=r"pip install 'patchwright\[scattering\]'"):
        Scattering().prepare(Target(np.ones((1, 8_000), np.float32), 16_000))
