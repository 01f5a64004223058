import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from patchwright.objectives import Target
from patchwright.surrogates.assisted.correction import Correction
from patchwright.surrogates.assisted.distances import (
    STATISTICS,
    CalibratedDistances,
    spectral_distances,
)
from patchwright.surrogates.assisted.representation import Representation
from patchwright.surrogates.models.projection import Projection

RNG = np.random.default_rng(0)
TARGET = torch.from_numpy(RNG.uniform(-80, 0, (24, 10)).astype(np.float32))


def spectrograms(n, spread=10.0, seed=1):
    noise = np.random.default_rng(seed).standard_normal((n, 24, 10))
    return TARGET + spread * torch.from_numpy(noise.astype(np.float32))


def test_distances_of_equal_spectrograms_are_0_and_of_others_above():
    same = spectral_distances(TARGET[None], TARGET)
    assert same.shape == (1, len(STATISTICS))
    assert same.abs().max() < 1e-2
    assert (spectral_distances(spectrograms(5), TARGET) > 0.01).all()


def test_distances_have_gradients():
    x = spectrograms(3).requires_grad_()
    spectral_distances(x, TARGET).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert (x.grad.abs().sum((1, 2)) > 0).all()


def test_a_mixture_of_the_statistics_is_found_again():
    known, new = spectrograms(60, seed=1), spectrograms(40, spread=6.0, seed=2)
    weights = np.zeros((2, len(STATISTICS)))
    weights[0, [0, 4]] = 0.02, 0.05
    weights[1, 3] = 0.1

    def scores(x):
        return spectral_distances(x, TARGET).double().numpy() @ weights.T

    calibrated = CalibratedDistances(TARGET[None])
    calibrated.fit(calibrated.statistics(known[:, None]), scores(known))
    np.testing.assert_allclose(calibrated(new[:, None]).numpy(), scores(new), rtol=0.1)


def test_a_distance_of_another_kind_is_still_ordered():
    known, new = spectrograms(60, seed=3), spectrograms(60, seed=4)
    new = TARGET + (new - TARGET) * torch.linspace(0.1, 1, 60)[:, None, None]

    def scores(x):
        return ((x - TARGET).square().mean((1, 2)).numpy() ** 0.7)[:, None] / 30

    calibrated = CalibratedDistances(TARGET[None])
    calibrated.fit(calibrated.statistics(known[:, None]), scores(known))
    assert spearmanr(calibrated(new[:, None]).numpy()[:, 0], scores(new)[:, 0]).statistic > 0.95


def test_a_correction_interpolates_and_is_unsure_far_away():
    x = torch.linspace(0, 1, 12)[:, None].repeat(1, 2)
    y = torch.stack([torch.sin(5 * x[:, 0]), x[:, 0] ** 2, -x[:, 1]], dim=1)
    correction = Correction.fit((x,), y)
    mean, deviation = correction(x)
    torch.testing.assert_close(mean, y, atol=0.05, rtol=0)
    far = correction(x + 30)
    assert far[0].abs().max() < 1e-3
    assert (far[1] > 10 * deviation.max()).all()
    assert correction.skill > 0.9


def test_scales_can_be_those_of_an_earlier_fit():
    x = torch.linspace(0, 1, 40)[:, None]
    y = torch.sin(9 * x)
    first = Correction.fit((x[:30], x[:30]), y[:30])
    second = Correction.fit((x, x), y, first.scales)
    assert second.scales == first.scales
    inputs = torch.cat([x, x], dim=1)
    torch.testing.assert_close(second(inputs)[0], y, atol=0.05, rtol=0)
    torch.testing.assert_close(second.mean(inputs), second(inputs)[0])


def test_noise_cannot_be_learned_and_the_skill_says_so():
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(40, k, generator=rng) for k in (3, 5))
    assert Correction.fit((x,), y).skill < 0.2


def test_equal_inputs_are_no_trouble():
    x, y = torch.ones(5, 2), torch.arange(5.0)[:, None]
    mean, _ = Correction.fit((x, x), y)(torch.ones(1, 4))
    assert mean.item() == pytest.approx(2.0, abs=0.1)


def test_restored_spectrograms_average_neighbouring_frames():
    bands, frames, k = 3, 70, 4
    basis = torch.from_numpy(np.linalg.qr(RNG.standard_normal((bands * frames, k)))[0].T).float()
    projection = Projection(torch.linspace(-60, 0, bands * frames), basis, 7.0, 0.9)
    representation = Representation.of(
        lambda audio: torch.zeros(len(audio), bands, frames),
        projection,
        Target(torch.zeros(1, 10), 8_000),
    )
    components = torch.from_numpy(RNG.standard_normal((5, k))).float()
    whole = projection.restore(components).reshape(5, bands, frames)
    expected = torch.cat([whole[..., :69].unflatten(-1, (-1, 3)).mean(-1), whole[..., 69:]], dim=-1)
    assert representation.shape == (bands, 24)
    torch.testing.assert_close(representation.spectrograms(components), expected[:, None])
