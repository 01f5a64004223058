import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, Spectra
from patchwright.objectives.embeddings import Modulation
from patchwright.objectives.embeddings.modulation import CENTRES

SR = 44_100


def spectra(audio, sr=SR):
    return Spectra(torch.from_numpy(np.atleast_2d(audio)[None]), sr)


def tremolo(hz, decibels, seconds=4.0):
    time = np.arange(int(SR * seconds)) / SR
    return (
        0.2
        * np.sin(2 * np.pi * 1000 * time)
        * 10 ** (decibels / 20 * np.sin(2 * np.pi * hz * time))
    )


def loudest_band(audio):
    """Return the modulation [8] of the mel band with the highest mean."""
    vector = Modulation().embed(spectra(audio))[0]
    return vector[32:].reshape(32, 8)[vector[:32].argmax()].numpy()


def reference(audio, sr, n_fft):
    """Compute the definition by librosa and numpy, for one channel."""
    hop = int(0.005 * sr)
    power = librosa.feature.melspectrogram(
        y=audio, sr=sr, n_fft=n_fft, win_length=int(0.025 * sr), hop_length=hop, n_mels=32
    )
    envelopes = librosa.power_to_db(power)
    centred = envelopes - envelopes.mean(1, keepdims=True)
    length = 1 << 14
    power = np.abs(np.fft.rfft(centred, length)) ** 2 * 2 / (centred.shape[1] * length)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(length, hop / sr), 1e-9))
    bands = np.maximum(0, 1 - np.abs(octaves[:, None] - np.arange(-1, 7)))
    return np.concatenate([envelopes.mean(1), np.sqrt(power @ bands).flatten()])


@pytest.mark.parametrize("kind", ["noise", "recording", "clicks"])
def test_equals_librosa_and_numpy(kind, sound):
    audio = sound(kind, SR, 1.5)
    found = Modulation().embed(spectra(audio))[0]
    expected = reference(audio[0], SR, n_fft=1152)
    np.testing.assert_allclose(found[:32], expected[:32], atol=1e-3)
    # both sums over bins approximate one integral and differ by the width of a bin
    np.testing.assert_allclose(found[32:], expected[32:], rtol=0.02, atol=0.02)


@pytest.mark.parametrize(("octave", "hz"), list(enumerate(CENTRES))[1:6])
def test_a_tremolo_is_heard_in_the_band_of_its_rate(octave, hz):
    modulation = loudest_band(tremolo(hz, 6.0)) - loudest_band(tremolo(hz, 0.0))
    assert modulation.argmax() == octave
    assert modulation[octave] == pytest.approx(6 / 2**0.5, rel=0.1)


def test_level_counts_in_the_means_alone(sound):
    audio = sound("recording", SR, 1.0)
    loud, soft = (Modulation().embed(spectra(amount * audio))[0] for amount in (1.0, 0.5))
    torch.testing.assert_close(loud[:32] - soft[:32], torch.full((32,), 6.0206), atol=1e-3, rtol=0)
    torch.testing.assert_close(loud[32:], soft[32:], atol=1e-3, rtol=0)


def test_frames_follow_the_sound_to_its_end():
    audio = np.concatenate([tremolo(8, 0.0, 1.6), tremolo(8, 9.0, 0.77)])
    frames = Modulation().frames(spectra(audio))[0]
    at_8_hz = frames[:, 32:].reshape(-1, 32, 8)[:, frames[0, :32].argmax(), 4]
    assert len(frames) == 4
    assert at_8_hz[:2].max() < 0.5
    assert at_8_hz[3] > 4


def test_frames_of_a_short_sound_are_the_sound():
    sounds = spectra(tremolo(8, 6.0, 0.9))
    frames = Modulation().frames(sounds)
    assert frames.shape == (1, 1, 288)
    torch.testing.assert_close(frames[:, 0], Modulation().embed(sounds))


def test_a_sample_rate_without_a_hop_is_refused():
    with pytest.raises(ObjectiveError, match=r"modulation .* at least 200 Hz"):
        Modulation().embed(spectra(np.zeros(100), 199))
