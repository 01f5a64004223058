import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import Spectra
from patchwright.objectives.embeddings import MelStats, MFCCStats

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def spectra(audio, sr):
    return Spectra(torch.from_numpy(audio[None]), sr)


def mean_over_channels(feature, audio):
    """Average features over channels: [frames, e]."""
    return np.mean([feature(channel) for channel in audio], axis=0).T


def test_mel_stats_equal_librosa(pair):
    audio, _, sr = pair

    def decibels(channel):
        return librosa.power_to_db(librosa.feature.melspectrogram(y=channel, sr=sr))

    frames = mean_over_channels(decibels, audio)
    np.testing.assert_allclose(MelStats().frames(spectra(audio, sr))[0], frames, atol=2e-3)
    expected = np.concatenate([frames.mean(0), frames.std(0)])
    np.testing.assert_allclose(MelStats().embed(spectra(audio, sr))[0], expected, atol=2e-3)


def test_mfcc_stats_equal_librosa(pair):
    audio, _, sr = pair
    frames = mean_over_channels(lambda y: librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40), audio)
    np.testing.assert_allclose(MFCCStats().frames(spectra(audio, sr))[0], frames, atol=2e-3)
    change = np.abs(np.diff(frames, axis=0)).mean(0)
    expected = np.concatenate([frames.mean(0), frames.std(0), change])
    np.testing.assert_allclose(MFCCStats().embed(spectra(audio, sr))[0], expected, atol=2e-3)


def test_the_change_from_frame_to_frame_tells_a_slow_tremolo_from_a_quick_one():
    time = np.arange(2 * 44_100) / 44_100
    vectors = []
    for hz in (2, 8):
        gain = 10 ** (0.3 * np.sin(2 * np.pi * hz * time))
        noise = 0.1 * np.random.default_rng(0).standard_normal(len(time))
        vectors.append(MFCCStats().embed(spectra((gain * noise)[None], 44_100))[0])
    slow, quick = (vector.reshape(3, 40)[:, 0].numpy() for vector in vectors)
    assert quick[0] == pytest.approx(slow[0], rel=0.05)
    assert quick[1] == pytest.approx(slow[1], rel=0.05)
    assert quick[2] > 2.5 * slow[2]
