"""Residuals against librosa, and for unusual sounds."""

import librosa
import numpy as np
import pytest

from patchwright.objectives import Target
from patchwright.objectives.residuals import BANDS, BLOCKS, WIDTH, Residuals

SR = 22_050
N = 512 * 31 + 1  # 32 frames, 4 a block


def noise(n=1, channels=1, samples=N, seed=0):
    rng = np.random.default_rng(seed)
    fading = np.exp(-np.arange(samples) / samples * rng.uniform(0, 8, (n, channels, 1)))
    return (0.3 * fading * rng.standard_normal((n, channels, samples))).astype(np.float32)


def residuals(target, sounds, sr=SR):
    return Residuals(Target(target, sr))(sounds)


def blocks_by_librosa(sound):
    power = librosa.feature.melspectrogram(
        y=sound, sr=SR, n_fft=1024, hop_length=512, n_mels=BANDS, pad_mode="constant"
    )
    blocks = power.reshape(BANDS, BLOCKS, -1).mean(axis=2).T / 256**2
    return 10 * np.log10(blocks + 1e-10).ravel()


def test_they_are_librosas_mel_spectrogram_in_blocks_less_the_targets():
    target, sounds = noise()[0], noise(3, seed=1)
    expected = [blocks_by_librosa(s[0]) - blocks_by_librosa(target[0]) for s in sounds]
    found = residuals(target, sounds)
    assert found.dtype == np.float16
    assert found.shape == (3, WIDTH)
    assert found == pytest.approx(np.stack(expected), abs=0.03)


def test_the_targets_are_0_and_gain_is_decibels():
    target = noise()[0]
    found = residuals(target, np.stack([target, target / 10]))
    assert not found[0].any()
    assert found[1, :BANDS] == pytest.approx(-20, abs=0.05)  # silence is -100 dB, and fades in


def test_a_sounds_bits_do_not_depend_on_its_batch():
    sounds = noise(7)
    target = noise(seed=5)[0]
    alone = np.concatenate([residuals(target, sound[None]) for sound in sounds])
    assert residuals(target, sounds).tobytes() == alone.tobytes()


def test_a_sound_that_is_not_finite_is_nan_alone():
    sounds = noise(3)
    sounds[1, 0, 5] = np.nan
    found = residuals(noise(seed=5)[0], sounds)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


@pytest.mark.parametrize("sr", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("samples", [1, 60, 5_000])
def test_any_rate_and_length_will_do_and_silence_too(sr, samples):
    sounds = noise(2, channels=2, samples=samples)
    sounds[1] = 0
    found = residuals(noise(samples=samples, seed=3)[0], sounds, sr)
    assert found.shape == (2, WIDTH)
    assert np.isfinite(found).all()


def test_channels_are_averaged_in_power():
    target = noise(seed=5)[0]
    mono = noise()
    assert residuals(target, mono.repeat(2, axis=1)) == pytest.approx(
        residuals(target, mono), abs=0.02
    )
    assert residuals(target, np.empty((0, 1, N), np.float32)).shape == (0, WIDTH)


def test_parts_have_blocks_of_their_own(sound):
    audio, parts = sound("sweep", 8_000, 0.7), ((0, 2_000), (2_500, 5_600))
    candidates = np.stack([sound("noise", 8_000, 0.7, 1, seed=k) for k in range(2)])
    together = Residuals(Target(audio, 8_000, parts))
    alone = [
        Residuals(Target(audio[:, first:stop], 8_000))(
            np.ascontiguousarray(candidates[:, :, first:stop])
        )
        for first, stop in parts
    ]
    assert together.width == 2 * 320
    np.testing.assert_array_equal(together(candidates), np.concatenate(alone, axis=1))
    many = Residuals(Target(audio, 8_000, [(k * 80, k * 80 + 80) for k in range(60)]))
    assert many(candidates).shape == (2, many.width) == (2, 60 * 40)
