import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives.signal.decibels import power_to_db


@pytest.mark.parametrize("level", [1e6, 1.0, 1e-7, 0.0])
def test_equals_librosa_channel_by_channel(level):
    generator = np.random.default_rng(0)
    power = level * 10 ** generator.uniform(-12, 0, (3, 2, 20, 30))
    power[:, 1] *= 1e-3
    absolute = power_to_db(torch.from_numpy(power), relative=False)
    relative = power_to_db(torch.from_numpy(power), relative=True)
    for n in range(3):
        for c in range(2):
            np.testing.assert_allclose(absolute[n, c], librosa.power_to_db(power[n, c]), rtol=1e-9)
            expected = librosa.power_to_db(power[n, c], ref=np.max)
            np.testing.assert_allclose(relative[n, c], expected, rtol=1e-9, atol=1e-9)


def test_gradient_of_silence_is_zero():
    power = torch.zeros(1, 1, 4, 5, requires_grad=True)
    power_to_db(power, relative=True).sum().backward()
    assert power.grad.eq(0).all()
