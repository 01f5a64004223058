import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances import OnsetEnvelope
from patchwright.objectives.distances.onsets import onset_envelope

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=")


def expected_envelope(audio, sr, **options):
    return np.stack([librosa.onset.onset_strength(y=y, sr=sr, **options) for y in audio])


def envelope_of(audio, sr):
    return onset_envelope(Spectra(torch.from_numpy(audio[None]), sr))[0].numpy()


def distance(candidate, target, sr):
    return ObjectiveSet([OnsetEnvelope()], Target(target, sr)).score(candidate[None])[0, 0]


def test_equals_librosa(pair):
    target, candidate, sr = pair
    ours = expected_envelope(candidate, sr, center=False)[:, 1:]
    theirs = expected_envelope(target, sr, center=False)[:, 1:]
    assert distance(candidate, target, sr) == pytest.approx(np.abs(ours - theirs).mean(), rel=1e-4)


@pytest.mark.parametrize("sr", [16_000, 44_100])
@pytest.mark.parametrize("kind", ["noise", "sweep", "clicks", "silence"])
@pytest.mark.parametrize("seconds", [0.04, 0.8])
def test_envelope_equals_librosa(sr, kind, seconds, sound):
    audio = sound(kind, sr, seconds, channels=2)
    found = envelope_of(audio, sr)
    expected = expected_envelope(audio, sr, center=False)[:, 1:]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sr", [16_000, 44_100])
def test_librosa_by_default_is_two_frames_later(sr, sound):
    audio = sound("clicks", sr, 0.8)
    default = expected_envelope(audio, sr)
    assert (default[:, :3] == 0).all()
    np.testing.assert_allclose(envelope_of(audio, sr)[:, :-2], default[:, 3:], rtol=1e-4, atol=1e-4)


def test_rises_count_and_falls_do_not(sound):
    sr = 16_000
    fading = sound("noise", sr, 1.0) * np.exp(-6 * np.arange(sr, dtype=np.float32) / sr)
    falling, rising = (
        envelope_of(fading, sr),
        envelope_of(np.ascontiguousarray(fading[:, ::-1]), sr),
    )
    assert rising.sum() > falling.sum() > 0
    steady = np.zeros_like(fading)
    assert (envelope_of(steady, sr) == 0).all()


def test_level_does_not_matter(sound):
    target = sound("noise", 16_000, 0.5)
    assert distance(0.1 * target, target, 16_000) < 1e-4


def test_refuses_a_single_frame():
    scorer = OnsetEnvelope()
    scorer.prepare(Target(np.zeros((1, 512), dtype=np.float32), 16_000))
    with pytest.raises(ObjectiveError, match=r"onset_envelope needs .* 32\.0 ms"):
        scorer.prepare(Target(np.zeros((1, 511), dtype=np.float32), 16_000))


def test_slope_agrees_with_finite_differences():
    generator = torch.Generator().manual_seed(0)
    audio = 0.1 * torch.randn((1, 1, 2_600), generator=generator, dtype=torch.float64)
    direction = torch.randn((4, 1, 1, 2_600), generator=generator, dtype=torch.float64)

    def along(steps):
        moved = audio + torch.einsum("k,knct->nct", steps, direction)
        return onset_envelope(Spectra(moved, 16_000))

    steps = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, steps, eps=1e-8, atol=1e-4, rtol=1e-4)
