import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import MelConfig, Scratch, Spectra, STFTConfig

CONFIGS = [
    STFTConfig(1024, 120, 600, "reflect"),
    STFTConfig(512, 50, 240, "reflect"),
    STFTConfig(441, 220, 441, "constant"),
    STFTConfig(2048, 1024, 2048, "constant"),
    STFTConfig(300, 77, 111, "constant"),
    STFTConfig(301, 77, 110, "reflect"),
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("n_samples", [1030, 4096, 5001])
def test_power_equals_torch_stft(config, n_samples):
    audio = torch.randn(3, 2, n_samples, dtype=torch.float64)
    window = torch.hann_window(config.window_length, dtype=torch.float64)
    stft = torch.stft(
        audio.flatten(0, 1),
        config.n_fft,
        config.hop,
        config.window_length,
        window,
        pad_mode=config.pad_mode,
        return_complex=True,
    )
    expected = stft.abs().square().transpose(1, 2).unflatten(0, (3, 2))
    power = Spectra(audio, 8_000).power(config)
    assert power.shape == (3, 2, config.n_frames(n_samples), config.n_bins)
    torch.testing.assert_close(power, expected, rtol=1e-9, atol=1e-9)


def test_spectrum_equals_torch_stft_and_is_computed_once():
    spectra = Spectra(torch.randn(1, 1, 5001, dtype=torch.float64), 8_000)
    config = CONFIGS[0]
    window = torch.hann_window(config.window_length, dtype=torch.float64)
    expected = torch.stft(
        spectra.audio[0],
        config.n_fft,
        config.hop,
        config.window_length,
        window,
        return_complex=True,
    )
    first = spectra.spectrum(config)
    torch.testing.assert_close(first[0], expected.transpose(1, 2))
    assert spectra.spectrum(config) is first


def test_shortest_sound_can_be_transformed():
    for config in CONFIGS:
        audio = torch.randn(1, 1, config.min_samples)
        assert Spectra(audio, 8_000).power(config).isfinite().all()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_scratch_changes_no_bits(config):
    scratch = Scratch()
    with torch.no_grad():
        for n_samples in (5000, 1500, 5000):  # dirty memory of other shapes in between
            audio = torch.randn(1, 2, n_samples)
            plain = Spectra(audio, 8_000)
            thrifty = Spectra(audio, 8_000, scratch=scratch)
            assert torch.equal(thrifty.power(config), plain.power(config))
            assert torch.equal(thrifty.magnitude(config), plain.magnitude(config))


def test_scratch_is_left_alone_where_gradients_are_recorded():
    audio = torch.randn(1, 1, 2000, requires_grad=True)
    spectra = Spectra(audio, 8_000, scratch=Scratch())
    spectra.magnitude(CONFIGS[0]).sum().backward()
    assert audio.grad.abs().sum() > 0


def test_mel_power_equals_librosa():
    audio = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    config = MelConfig(STFTConfig(2048, 1024, 2048, "constant"), 128)
    expected = librosa.feature.melspectrogram(
        y=audio, sr=22_050, n_fft=2048, hop_length=1024, n_mels=128
    )
    power = Spectra(torch.from_numpy(audio)[None], 22_050).mel_power(config)[0]
    np.testing.assert_allclose(power.transpose(1, 2).numpy(), expected, rtol=2e-5)


def test_each_transform_is_computed_once(monkeypatch):
    calls = []
    rfft = torch.fft.rfft
    monkeypatch.setattr(torch.fft, "rfft", lambda *a, **k: calls.append(1) or rfft(*a, **k))
    spectra = Spectra(torch.randn(4, 1, 4000), 8_000)
    first = spectra.power(CONFIGS[3])
    spectra.magnitude(CONFIGS[3])
    for n_mels in (64, 128):
        spectra.mel_power(MelConfig(CONFIGS[3], n_mels))
    assert spectra.power(STFTConfig(2048, 1024, 2048, "constant")) is first
    assert len(calls) == 1


def test_magnitude_of_silence_has_no_slope():
    audio = torch.zeros(1, 1, 2000, requires_grad=True)
    magnitude = Spectra(audio, 8_000).magnitude(CONFIGS[0])
    assert magnitude.eq(0).all()
    magnitude.sum().backward()
    assert audio.grad.eq(0).all()
