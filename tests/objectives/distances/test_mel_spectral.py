import librosa
import numpy as np
import pytest
import torch
from auraloss.freq import MelSTFTLoss

from patchwright.objectives import ObjectiveError, ObjectiveSet, Target
from patchwright.objectives.distances import LSD, LogMel, MelSTFT

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def auraloss_distance(candidate, target, sr):
    return float(MelSTFTLoss(sr)(torch.from_numpy(candidate[None]), torch.from_numpy(target[None])))


def librosa_distance(candidate, target, sr):
    """Compute the definition by librosa, channel by channel."""

    def decibels(audio):
        power = librosa.feature.melspectrogram(
            y=audio, sr=sr, n_fft=2048, hop_length=512, n_mels=128
        )
        return librosa.power_to_db(power)

    return np.mean(
        [
            np.abs(decibels(ours) - decibels(theirs)).mean()
            for ours, theirs in zip(candidate, target, strict=True)
        ]
    )


def finite_differences(objective, target, audio, direction, sr):
    """Return the slope along a direction, by autograd and by two evaluations."""
    scorer = ObjectiveSet([objective], Target(target, sr))
    audio = torch.from_numpy(audio.astype(np.float64))[None].requires_grad_()
    (gradient,) = torch.autograd.grad(scorer.distances(audio).sum(), audio)
    step = 1e-7 * torch.from_numpy(direction)
    with torch.no_grad():
        rise = scorer.distances(audio + step) - scorer.distances(audio - step)
    return float((gradient * torch.from_numpy(direction)).sum()), float(rise) / 2e-7


def test_mel_stft_equals_auraloss(pair):
    target, candidate, sr = pair
    score = ObjectiveSet([MelSTFT()], Target(target, sr)).score(candidate[None])
    expected = auraloss_distance(candidate, target, sr)
    if sr > 70_000:  # some bands have no bin there
        assert np.isnan(expected)
        assert np.isfinite(score).all()
    else:
        np.testing.assert_allclose(score, [[expected]], rtol=1e-4)


@pytest.mark.parametrize("sr", [16_000, 32_000])
@pytest.mark.parametrize("hz", [110.0, 3_000.0])
def test_mel_stft_of_tones_equals_auraloss(sr, hz):
    time = np.arange(sr // 2) / sr
    target = 0.5 * np.sin(2 * np.pi * hz * time, dtype=np.float32)[None]
    candidate = 0.3 * np.sin(2 * np.pi * 1.3 * hz * time, dtype=np.float32)[None]
    score = ObjectiveSet([MelSTFT()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[auraloss_distance(candidate, target, sr)]], rtol=1e-4)


def test_mel_stft_is_finite_where_a_band_has_no_bin(sound):
    target, candidate = sound("noise", 96_000, 0.2), sound("sweep", 96_000, 0.2)
    assert np.isnan(auraloss_distance(candidate, target, 96_000))
    score = ObjectiveSet([MelSTFT()], Target(target, 96_000)).score(candidate[None])
    assert np.isfinite(score).all()
    # the other bands, written out
    bank = librosa.filters.mel(sr=96_000, n_fft=1024, n_mels=128)
    window = torch.hann_window(1024)
    mels = [
        bank
        @ torch.stft(torch.from_numpy(audio[0]), 1024, 256, window=window, return_complex=True)
        .abs()
        .clamp(min=1e-4)
        .numpy()
        for audio in (candidate, target)
    ]
    full = bank.any(axis=1)
    logs = np.abs(np.log(mels[0][full]) - np.log(mels[1][full])).sum() / mels[0].size
    convergence = np.linalg.norm(mels[0] - mels[1]) / np.linalg.norm(mels[1])
    np.testing.assert_allclose(score, [[convergence + logs]], rtol=1e-4)


def test_mel_stft_refuses_what_cannot_be_mirrored(sound):
    audio, other = sound("noise", 44_100, 1)[:, :513], sound("sweep", 44_100, 1)[:, :513]
    score = ObjectiveSet([MelSTFT()], Target(audio, 44_100)).score(other[None])
    np.testing.assert_allclose(score, [[auraloss_distance(other, audio, 44_100)]], rtol=1e-4)
    with pytest.raises(ObjectiveError, match=r"mel_stft needs .* 11\.7 ms"):
        MelSTFT().prepare(Target(audio[:, 1:], 44_100))


def test_log_mel_equals_librosa(pair):
    target, candidate, sr = pair
    score = ObjectiveSet([LogMel()], Target(target, sr)).score(candidate[None])
    np.testing.assert_allclose(score, [[librosa_distance(candidate, target, sr)]], rtol=1e-4)


def test_log_mel_of_any_length(sound):
    target, candidate = sound("noise", 44_100, 0.01), sound("sweep", 44_100, 0.01)
    score = ObjectiveSet([LogMel()], Target(target, 44_100)).score(candidate[None])
    np.testing.assert_allclose(score, [[librosa_distance(candidate, target, 44_100)]], rtol=1e-4)


def test_level_counts(sound):
    target = sound("noise", 22_050, 0.5)
    scores = ObjectiveSet([LogMel(), MelSTFT()], Target(target, 22_050)).score(0.5 * target[None])
    assert scores[0, 0] == pytest.approx(20 * np.log10(2), rel=1e-3)
    assert scores[0, 1] == pytest.approx(0.5 + np.log(2), rel=1e-3)


@pytest.mark.parametrize("objective", [MelSTFT(), LogMel()], ids=lambda each: each.name)
@pytest.mark.parametrize("kind", ["noise", "sweep"])
def test_gradients_agree_with_finite_differences(objective, kind, sound):
    target = sound("noise", 8_000, 0.3, seed=3).astype(np.float64)
    direction = sound("noise", 8_000, 0.3, seed=4).astype(np.float64)
    found, expected = finite_differences(
        objective, target, sound(kind, 8_000, 0.3), direction, 8_000
    )
    assert found == pytest.approx(expected, rel=1e-4)


def test_log_mel_shares_its_transform(sound, monkeypatch):
    target, calls, rfft = Target(sound("noise", 8_000, 0.3), 8_000), [], torch.fft.rfft
    both = ObjectiveSet([LogMel(), LSD()], target)
    monkeypatch.setattr(torch.fft, "rfft", lambda *a, **k: calls.append(1) or rfft(*a, **k))
    both.score(sound("sweep", 8_000, 0.3)[None])
    assert len(calls) == 1
