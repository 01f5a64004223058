import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError
from patchwright.objectives.signal.features import Features

CASES = [
    Features.of(sr=22_050, length=0.75),
    Features.of(sr=44_100, length=0.3, bands=32, floor=-60.0),
    Features(sr=8_000, samples=999, n_fft=300, hop=77, bands=20),
]


@pytest.mark.parametrize("features", CASES, ids=str)
def test_equals_librosa(features, sound):
    audio = sound("tone", features.sr, 0.8, channels=2).astype(np.float64)
    mono = audio.mean(0)[: features.samples]
    power = librosa.feature.melspectrogram(
        y=mono,
        sr=features.sr,
        n_fft=features.n_fft,
        hop_length=features.hop,
        n_mels=features.bands,
        pad_mode="constant",
    )
    expected = 10 * np.log10(power / (features.n_fft / 4) ** 2 + 10 ** (features.floor / 10))
    found = features(torch.from_numpy(audio)[None])
    assert found.shape == (1, *features.shape)
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-4)


def test_the_size_suits_the_sample_rate():
    sizes = {sr: Features.of(sr=sr, length=0.75) for sr in (22_050, 44_100, 96_000)}
    assert [(f.n_fft, f.hop, f.frames) for f in sizes.values()] == [
        (1024, 512, 33),
        (2048, 1024, 33),
        (4096, 2048, 36),
    ]


def test_other_lengths_are_cut_or_continued_with_silence(sound):
    features = CASES[0]
    long = torch.from_numpy(sound("noise", features.sr, 2.0))[None]
    short = long[..., :5_000]
    silence = torch.zeros(1, 1, features.samples - 5_000)
    assert torch.equal(features(long), features(long[..., : features.samples]))
    assert torch.equal(features(short), features(torch.cat([short, silence], -1)))
    assert features(short)[0, :, -1].max() == pytest.approx(features.floor, abs=1e-3)


def test_same_bits_in_any_batch(sound):
    features = CASES[0]
    rows = torch.stack([torch.from_numpy(sound("noise", 22_050, 0.75, 2, k)) for k in range(6)])
    together = features(rows)
    assert len(together.unique(dim=0)) == 6
    for size in (1, 2, 4):
        assert torch.equal(torch.cat([features(part) for part in rows.split(size)]), together)


def test_gradients_reach_the_samples():
    features = Features(sr=8_000, samples=60, n_fft=32, hop=16, bands=4)
    audio = torch.randn(2, 1, 50, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(features, audio)
    silence = torch.zeros(1, 1, 60, requires_grad=True)
    features(silence).sum().backward()
    assert torch.isfinite(silence.grad).all()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sr": 0}, "sample rate"),
        ({"length": 0.0}, "samples"),
        ({"n_fft": 8}, "FFT"),
        ({"hop": 5_000}, "hop"),
        ({"bands": 0}, "bands"),
        ({"floor": 0.0}, "floor"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, words):
    settings = {"sr": 22_050, "length": 0.75, "n_fft": 1024}
    with pytest.raises(ObjectiveError, match=words):
        Features.of(**(settings | wrong))
