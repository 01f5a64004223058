import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives.signal.mel import hz_to_mel, mel_bank, mel_filters, mel_to_hz


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("sr", [8_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize(("n_fft", "n_mels"), [(441, 32), (1102, 64), (4410, 128), (2048, 128)])
def test_equals_librosa(sr, n_fft, n_mels):
    expected = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)
    np.testing.assert_allclose(mel_filters(sr, n_fft, n_mels), expected, rtol=1e-6, atol=1e-9)


def test_scale_there_and_back():
    hz = np.array([0.0, 440.0, 999.9, 1000.0, 6400.0, 20_000.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-12)
    np.testing.assert_allclose(hz_to_mel(np.array([1000.0, 6400.0])), [15.0, 42.0], rtol=1e-12)


def test_bank_is_transposed_and_cached():
    bank = mel_bank(8_000, 512, 40, torch.float32, torch.device("cpu"))
    assert bank.shape == (257, 40)
    assert mel_bank(8_000, 512, 40, torch.float32, torch.device("cpu")) is bank
