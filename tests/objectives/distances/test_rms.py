import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.rms import RMSCosine, rms


def expected_rms(audio, sr):
    window, hop = round(0.050 * sr), round(0.025 * sr)
    return librosa.feature.rms(y=audio, frame_length=window, hop_length=hop)[:, 0]


def similarity(candidate, target, sr):
    ours, theirs = (expected_rms(x, sr).ravel().astype(np.float64) for x in (candidate, target))
    lengths = np.linalg.norm(ours) * np.linalg.norm(theirs)
    return ours @ theirs / lengths if lengths else 0.0


def distance(candidate, target, sr):
    return ObjectiveSet([RMSCosine()], Target(target, sr)).score(candidate[None])[0, 0]


def test_equals_librosa(pair):
    target, candidate, sr = pair
    if target.shape[1] <= 0.025 * sr:
        with pytest.raises(ObjectiveError, match="rms_cosine needs"):
            distance(candidate, target, sr)
        return
    expected = 1 - similarity(candidate, target, sr)
    assert distance(candidate, target, sr) == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("sr", [40, 8_000, 11_025, 44_100, 96_000])
@pytest.mark.parametrize("kind", ["noise", "clicks", "silence"])
def test_envelope_equals_librosa(sr, kind, sound):
    audio = sound(kind, sr, 0.31, 2)
    found = rms(Spectra(torch.from_numpy(audio[None]), sr))[0]
    np.testing.assert_allclose(found.numpy(), expected_rms(audio, sr), rtol=1e-4, atol=1e-7)


def test_is_blind_to_level_and_hears_when(sound):
    sr = 8_000
    fading = sound("noise", sr, 1.0) * np.exp(-6 * np.arange(sr, dtype=np.float32) / sr)
    assert distance(0.01 * fading, fading, sr) < 1e-6
    assert distance(np.ascontiguousarray(fading[:, ::-1]), fading, sr) > 0.5


def test_never_together_is_one(sound):
    first, last = sound("noise", 8_000, 1.0), sound("noise", 8_000, 1.0)
    first[:, 3_000:], last[:, :5_000] = 0, 0
    assert distance(last, first, 8_000) == 1.0


def test_a_silent_sound_is_at_one_from_all(sound):
    silence, noise = sound("silence", 8_000, 0.3), sound("noise", 8_000, 0.3)
    assert distance(silence, noise, 8_000) == 1.0
    assert distance(noise, silence, 8_000) == 1.0
    assert distance(silence, silence, 8_000) == 1.0
    # one silent channel does not make a silent sound
    left_only = np.concatenate([noise, silence])
    assert distance(left_only, left_only, 8_000) == 0.0


def test_refuses_a_single_frame_and_a_rate_without_a_hop():
    scorer = RMSCosine()
    scorer.prepare(Target(np.zeros((1, 201), np.float32), 8_000))
    with pytest.raises(ObjectiveError, match=r"rms_cosine .* 25\.2 ms \(201"):
        scorer.prepare(Target(np.zeros((1, 200), np.float32), 8_000))
    with pytest.raises(ObjectiveError, match="at least 40 Hz"):
        scorer.prepare(Target(np.zeros((1, 200), np.float32), 39))
