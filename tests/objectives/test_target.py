import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, Target


def test_keeps_a_copy():
    audio = np.ones((2, 8), dtype=np.float32)
    target = Target(audio, 100)
    audio[:] = 5
    assert target.audio.dtype == torch.float32
    assert target.audio.tolist() == [[1.0] * 8] * 2
    assert (target.n_channels, target.n_samples, target.sr) == (2, 8, 100)


def test_takes_tensors_and_foreign_layouts():
    tensor = torch.randn(2, 8, requires_grad=True)
    assert not Target(tensor, 100).audio.requires_grad
    transposed = np.arange(16, dtype=np.float32).reshape(8, 2).T[:, ::-1]
    transposed.flags.writeable = False
    np.testing.assert_array_equal(Target(transposed, 100).audio.numpy(), transposed)


def test_mono_is_the_mean_of_the_channels():
    mono = Target(np.array([[1, 2], [3, 6]], dtype=np.float32), 100).mono()
    assert mono.audio.tolist() == [[2.0, 4.0]]
    assert mono.sr == 100


@pytest.mark.parametrize(
    ("audio", "sr", "message"),
    [
        (np.zeros(8, dtype=np.float32), 100, r"audio\[None, :\]"),
        (np.zeros((1, 2, 8), dtype=np.float32), 100, r"\[1, 2, 8\]"),
        (np.zeros((1, 0), dtype=np.float32), 100, "empty"),
        (np.zeros((0, 8), dtype=np.float32), 100, "empty"),
        (np.zeros((1, 8), dtype=np.int16), 100, "int16"),
        (np.array([[0.0, np.nan]], dtype=np.float32), 100, "NaN"),
        (np.array([[0.0, np.inf]], dtype=np.float32), 100, "infinite"),
        (np.zeros((1, 8), dtype=np.float32), 0, "sample rate"),
        (np.zeros((1, 8), dtype=np.float32), 44100.5, "sample rate"),
    ],
)
def test_refuses(audio, sr, message):
    with pytest.raises(ObjectiveError, match=message):
        Target(audio, sr)


def test_too_short_names_the_least_length_in_milliseconds():
    target = Target(np.zeros((1, 441), dtype=np.float32), 44_100)
    target.require_samples(441, name="this")
    with pytest.raises(ObjectiveError, match=r"23\.3 ms \(1025 samples"):
        target.require_samples(1025, name="this")
