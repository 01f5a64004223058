import numpy as np
import pytest
import soxr
import torch

from patchwright.objectives.embeddings.resample import resample

RATES = [
    (44_100, 48_000),
    (44_100, 16_000),
    (48_000, 16_000),
    (96_000, 32_000),
    (8_000, 48_000),
    (22_050, 32_000),
    (44_100, 47_999),
]


def tones(sr, seconds, highest):
    """Return a sum of partials that swells and fades, at any rate."""
    generator = np.random.default_rng(0)
    time = np.arange(int(sr * seconds)) / sr
    frequencies, phases = generator.uniform(20, highest, 20), generator.uniform(0, 6, 20)
    partials = np.sin(2 * np.pi * frequencies[:, None] * time + phases[:, None])
    return partials.mean(0) * np.sin(np.pi * time / seconds) ** 2


@pytest.mark.parametrize(("sr", "new_sr"), RATES)
def test_below_the_transition_band_samples_are_exact(sr, new_sr):
    highest = 0.44 * min(sr, new_sr)
    found = resample(torch.from_numpy(tones(sr, 1.0, highest))[None], sr, new_sr)[0].numpy()
    expected = tones(new_sr, 1.0, highest)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize(("sr", "new_sr"), RATES)
def test_equals_soxr(sr, new_sr):
    noise = np.random.default_rng(1).standard_normal(sr)
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(sr, 1 / sr) > 0.44 * min(sr, new_sr)] = 0
    noise = 0.1 * np.fft.irfft(spectrum, sr)
    found = resample(torch.from_numpy(noise)[None], sr, new_sr)[0].numpy()
    expected = soxr.resample(noise, sr, new_sr, quality="VHQ")
    inside = slice(new_sr // 10, -new_sr // 10)  # soxr cuts its filter short at the ends
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-4)


def test_what_the_lower_rate_cannot_hold_is_taken_away():
    time = np.arange(44_100) / 44_100
    tone = torch.from_numpy(np.sin(2 * np.pi * 9_000 * time) * np.hanning(44_100))[None]
    assert resample(tone, 44_100, 16_000).abs().max() < 1e-6


@pytest.mark.parametrize("n_samples", [1, 2, 441, 44_099])
def test_length_is_rounded_up(n_samples):
    audio = torch.ones(2, n_samples)
    assert resample(audio, 44_100, 16_000).shape == (2, -(-n_samples * 160 // 441))
    assert resample(audio, 44_100, 44_100) is audio


@pytest.mark.parametrize(("sr", "new_sr"), [(44_100, 16_000), (44_100, 48_000)])
def test_bits_do_not_depend_on_the_batch(sr, new_sr, sound):
    rows = torch.from_numpy(np.concatenate([sound("noise", sr, 0.7, seed=k) for k in range(5)]))
    together = resample(rows, sr, new_sr)
    assert together.dtype == torch.float32
    for size in (1, 2, 3):
        parts = [resample(some, sr, new_sr) for some in torch.split(rows, size)]
        assert torch.equal(torch.cat(parts), together)


def test_gradient_agrees_with_finite_differences():
    audio = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 30))).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: resample(x, 3, 2), audio)
    assert torch.autograd.gradcheck(lambda x: resample(x, 2, 3), audio)
