import warnings

import numpy as np
import pyloudnorm
import pytest
import torch

from patchwright.objectives import ObjectiveError, Spectra, STFTConfig
from patchwright.objectives.signal.loudness import loudness, max_momentary, weighted_power

RATES = [4_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000]


def measured(audio, sr):
    return float(loudness(torch.from_numpy(audio[None]), sr)[0])


def expected(audio, sr):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the logarithm of silence
        found = pyloudnorm.Meter(sr).integrated_loudness(audio.T.astype(np.float64))
    return max(found, -70.0)


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("kind", ["noise", "clicks", "sweep", "recording", "silence"])
@pytest.mark.parametrize(("seconds", "channels"), [(0.4, 1), (0.46, 2), (1.9, 2)])
def test_equals_pyloudnorm(sr, kind, seconds, channels, sound):
    audio = sound(kind, sr, seconds, channels, seed=3)
    if audio.shape[1] < 0.4 * sr:  # cut by rounding: what pyloudnorm refuses
        audio = np.pad(audio, ((0, 0), (0, 1)))
    assert measured(audio, sr) == pytest.approx(expected(audio, sr), abs=1e-3)


@pytest.mark.parametrize("channels", [3, 5])
def test_surrounds_count_more(channels, sound):
    audio = sound("noise", 22_050, 0.8, channels)
    assert measured(audio, 22_050) == pytest.approx(expected(audio, 22_050), abs=1e-3)


@pytest.mark.parametrize("gap", [0.01, 0.1, 0.2, 0.5, 1e-4, 0.0])
def test_both_gates_equal_pyloudnorm(gap, sound):
    """A loud second, then two soft ones: above, at and below the gates."""
    audio = sound("noise", 16_000, 3.0)
    audio[:, 16_000:] *= gap
    assert measured(audio, 16_000) == pytest.approx(expected(audio, 16_000), abs=1e-3)


def test_full_scale_sine_is_minus_three():
    """BS.1770: a full-scale sine of 997 Hz in one channel measures -3.01 LUFS."""
    audio = np.sin(2 * np.pi * 997 * np.arange(48_000 * 2) / 48_000).astype(np.float32)[None]
    # pyloudnorm's shelf deviates from the standard's by a few hundredths of a LU at 48 kHz
    assert measured(audio, 48_000) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("seconds", [0.01, 0.2, 0.399])
def test_a_short_sound_is_one_block(seconds, sound):
    """It is as loud as when it is repeated."""
    sr = 44_100
    tone = np.sin(2 * np.pi * 1_000 * np.arange(int(seconds * sr)) / sr).astype(np.float32)[None]
    whole = np.tile(tone, (1, int(1.0 / seconds)))
    assert measured(tone, sr) == pytest.approx(measured(whole, sr), abs=0.3)
    assert measured(0.1 * tone, sr) == pytest.approx(measured(tone, sr) - 20, abs=1e-3)


def test_silence_is_at_the_gate(sound):
    for level in (0.0, 1e-30, 1e-7):
        assert measured((level * sound("noise", 8_000, 1.0)).astype(np.float32), 8_000) == -70.0


def test_long_sounds(sound):
    audio = sound("noise", 8_000, 20.0)
    assert measured(audio, 8_000) == pytest.approx(expected(audio, 8_000), abs=1e-3)


def test_same_bits_in_any_batch(sound):
    rows = torch.from_numpy(np.stack([sound("noise", 44_100, 0.73, seed=k) for k in range(7)]))
    together = loudness(rows, 44_100)
    assert len(together.unique()) == 7
    for size in (1, 2, 3):
        parts = torch.cat([loudness(part, 44_100) for part in rows.split(size)])
        assert torch.equal(parts, together)
    assert loudness(rows[:0], 44_100).shape == (0,)


def test_gradient_agrees_with_finite_differences():
    generator = torch.Generator().manual_seed(0)
    audio, direction = 0.1 * torch.randn(2, 2, 2, 4_000, generator=generator, dtype=torch.float64)
    audio.requires_grad_()
    (gradient,) = torch.autograd.grad(loudness(audio, 8_000).sum(), audio)
    with torch.no_grad():
        rise = loudness(audio + 1e-6 * direction, 8_000) - loudness(audio - 1e-6 * direction, 8_000)
    assert float((gradient * direction).sum()) == pytest.approx(float(rise.sum()) / 2e-6, rel=1e-5)


def test_silence_has_no_slope():
    audio = torch.zeros(1, 1, 4_000, requires_grad=True)
    loudness(audio, 8_000).sum().backward()
    assert torch.equal(audio.grad, torch.zeros_like(audio))


def test_refuses_what_has_no_loudness():
    with pytest.raises(ObjectiveError, match="at least 4000 Hz"):
        loudness(torch.zeros(1, 1, 100), 3_999)
    with pytest.raises(ObjectiveError, match="at most 5 channels"):
        loudness(torch.zeros(1, 6, 100), 8_000)


@pytest.mark.parametrize("kind", ["noise", "sweep", "tone"])
@pytest.mark.parametrize("n_fft", [512, 1024, 2048])
def test_maximum_momentary_loudness_from_a_spectrogram(kind, n_fft, sound):
    """The loudest of all blocks of 400 ms, each measured by itself."""
    sr = 22_050
    audio = sound(kind, sr, 1.5)
    audio[:, : sr // 2] *= 0.3
    block, step = int(0.4 * sr), 256
    starts = range(0, audio.shape[1] - block + 1, step)
    blocks = torch.from_numpy(np.stack([audio[:, start : start + block] for start in starts]))
    stft = STFTConfig(n_fft, n_fft // 2, n_fft, "constant")
    power = Spectra(torch.from_numpy(audio)[None], sr).power(stft)[:, 0]
    found = float(max_momentary(weighted_power(power, stft, sr), stft, sr)[0])
    assert found == pytest.approx(float(loudness(blocks, sr).max()), abs=0.5)


def test_maximum_momentary_loudness_of_short_sounds_and_silence(sound):
    stft = STFTConfig(1024, 512, 1024, "constant")
    sounds = torch.from_numpy(np.stack([sound("noise", 22_050, 0.2), np.zeros((1, 4_410))]))
    power = Spectra(sounds.float(), 22_050).power(stft)[:, 0]
    found = max_momentary(weighted_power(power, stft, 22_050), stft, 22_050)
    assert float(found[0]) == pytest.approx(float(loudness(sounds[:1].float(), 22_050)), abs=0.5)
    assert float(found[1]) == pytest.approx(-70.0, abs=1e-3)
