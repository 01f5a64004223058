import numpy as np
import pytest
import torch

from patchwright.objectives.embeddings.kaldi_mel import kaldi_log_mel, kaldi_mel_filters
from tests.objectives.embeddings.pretrained import waves


def kaldi_weight(hz, band):
    """Return one weight of Kaldi's mel bank of 128 bands from 0 to 15 kHz, as in its source."""
    step = 1127.0 * np.log(1.0 + 15_000 / 700.0) / 129
    mel = 1127.0 * np.log(1.0 + hz / 700.0)
    left, centre, right = band * step, (band + 1) * step, (band + 2) * step
    if not left < mel < right:
        return 0.0
    return (mel - left) / step if mel <= centre else (right - mel) / step


def test_bands_are_kaldis():
    bank = kaldi_mel_filters(32_000, 1024, 128)
    hz = np.arange(512) * 32_000 / 1024
    expected = [[kaldi_weight(frequency, band) for frequency in hz] for band in range(128)]
    np.testing.assert_allclose(bank[:, :512], expected, atol=1e-9)
    assert not bank[:, 512].any()


@pytest.mark.parametrize("n_samples", [5120, 6001, 12_800])
def test_spectrogram_equals_numpy(n_samples):
    sound = 0.5 * waves((n_samples,), 0.3).numpy().astype(np.float64)
    emphasised = sound[1:] - 0.97 * sound[:-1]
    padded = np.pad(emphasised, 512, mode="reflect")
    window = np.pad(np.hanning(800), 112)
    starts = range(0, len(padded) - 1023, 320)
    power = [abs(np.fft.rfft(padded[start : start + 1024] * window)) ** 2 for start in starts]
    mel = kaldi_mel_filters(32_000, 1024, 128) @ np.array(power).T
    expected = (np.log(mel + 1e-5) + 4.5) / 5

    spectrogram = kaldi_log_mel(torch.from_numpy(sound).float()[None])[0]
    assert spectrogram.shape == (128, 1 + (n_samples - 1) // 320)
    np.testing.assert_allclose(spectrogram.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_short_sounds_are_followed_by_silence():
    sound = waves((2, 700), 0.0)
    followed = torch.nn.functional.pad(sound, (0, 5120 - 700))
    assert torch.equal(kaldi_log_mel(sound), kaldi_log_mel(followed))
    assert kaldi_log_mel(sound).shape == (2, 128, 16)
