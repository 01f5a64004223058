from itertools import pairwise

import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, Spectra
from patchwright.objectives.embeddings.openl3 import OpenL3, centred_windows, log_mel
from tests.objectives.embeddings.pretrained import (
    OPENL3_CHANNELS,
    mel_bank,
    openl3_state,
    save,
    waves,
)

SMALL = (3, 3, 4, 4, 5, 5, 6, 6)


def test_sizes_are_those_of_the_published_models(tmp_path):
    # names and shapes are those of torchopenl3's `PytorchOpenl3`
    model = OpenL3(save(openl3_state(OPENL3_CHANNELS, 256), tmp_path / "o.safetensors"))
    n_parameters = sum(parameter.numel() for parameter in model.network.parameters())
    assert n_parameters == 4_687_042


@pytest.mark.parametrize(
    ("n_mels", "size", "places", "expected", "total"),
    [
        (256, 512, [3, 75, 148, 220, 293], [41.9025, 4.85124, 18.1292, 33.3073, 30.0081], 11077.02),
        (
            128,
            6144,
            [3, 880, 1757, 3511, 5265],
            [18.2231, -0.037729, 5.06234, 1.44061, -3.76657],
            53601.93,
        ),
    ],
)
def test_vectors_equal_torchopenl3s(tmp_path, n_mels, size, places, expected, total):
    # values by torchopenl3 1.0.1 with the same weights and its published mel bank
    path = save(openl3_state(OPENL3_CHANNELS, n_mels), tmp_path / "o.safetensors")
    audio = 0.3 * waves((1, 1, 24_000), 0.0)
    vectors = OpenL3(path, size=size).frames(Spectra(audio, 48_000))
    assert vectors.shape == (1, 1, size)
    torch.testing.assert_close(vectors[0, 0, places], torch.tensor(expected), rtol=1e-4, atol=2e-3)
    assert vectors.double().sum().item() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("n_mels", [128, 256])
def test_spectrogram_equals_librosa(n_mels):
    bank = mel_bank(n_mels)
    window = 0.3 * waves((1, 48_000), 0.0) + 0.1
    padded = np.pad(window[0].numpy().astype(np.float64), 982)
    magnitude = abs(librosa.stft(padded, n_fft=2048, hop_length=242, center=False))
    # 10 log10 of amplitudes, as in kapre, so librosa's function for powers
    mel = librosa.power_to_db(np.sqrt(bank.numpy() @ magnitude**2), ref=np.max, top_db=80)
    spectrogram = log_mel(window, bank)[0]
    assert spectrogram.shape == (n_mels, 199)
    np.testing.assert_allclose(spectrogram.numpy(), mel, rtol=1e-4, atol=2e-4)


def test_windows_are_centred_and_cover_the_sound():
    for n_samples, n_windows in ((1, 1), (24_000, 1), (24_001, 2), (48_000, 2), (100_000, 5)):
        audio = torch.arange(1.0, n_samples + 1)
        windows = centred_windows(audio, 24_000)
        assert windows.shape == (n_windows, 48_000)
        assert windows[0, 24_000] == 1
        assert not windows[0, :24_000].any()
        assert (windows == n_samples).any()
        for before, after in pairwise(windows):
            assert torch.equal(before[24_000:], after[:24_000])


def test_windows_and_numbers_can_be_chosen(tmp_path):
    path = save(openl3_state(SMALL, 128), tmp_path / "o.safetensors")
    sound = Spectra(waves((1, 1, 38_400), 0.0), 48_000)
    assert OpenL3(path).frames(sound).shape == (1, 2, 6)
    few = OpenL3(path, hop_seconds=0.1).frames(sound)
    assert few.shape == (1, 4, 6)
    parts = OpenL3(path, size=6144, hop_seconds=0.1).frames(sound)
    assert parts.shape == (1, 4, 12 * 6)
    # the maximum over twelve parts is that of the whole
    torch.testing.assert_close(parts.unflatten(2, (12, 6)).amax(2), few)


def test_level_does_not_matter(tmp_path):
    model = OpenL3(save(openl3_state(SMALL, 128), tmp_path / "o.safetensors"))
    audio = waves((1, 1, 24_000), 0.0)
    loud, quiet = (model.embed(Spectra(gain * audio, 48_000)) for gain in (0.5, 0.125))
    torch.testing.assert_close(loud, quiet, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": 1024}, "give 512 or 6144"), ({"hop_seconds": 0.0}, r"0\.01 to 1 s, not 0\.0")],
)
def test_arguments_that_cannot_be_are_refused(tmp_path, arguments, message):
    with pytest.raises(ObjectiveError, match=message):
        OpenL3(tmp_path / "o.safetensors", **arguments)


def test_other_banks_are_refused(tmp_path):
    state = openl3_state(SMALL, 128)
    state["speclayer.mel_basis"] = state["speclayer.mel_basis"][:64]
    with pytest.raises(ObjectiveError, match="mel bank of 64 bands"):
        OpenL3(save(state, tmp_path / "o.safetensors"))
    del state["speclayer.mel_basis"]
    with pytest.raises(ObjectiveError, match=r"speclayer\.mel_basis is missing"):
        OpenL3(save(state, tmp_path / "o.safetensors"))
