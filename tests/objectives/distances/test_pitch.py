import librosa
import numpy as np
import pytest
import torch

from patchwright.objectives import ObjectiveError, ObjectiveSet, Spectra, Target
from patchwright.objectives.distances.pitch import F0, pitch

SR = 22_050


def track(audio, sr):
    """Return pitch in Hz and voicing, [frames] each, of a sound [c, t]."""
    octaves, voiced = pitch(Spectra(torch.from_numpy(audio[None]), sr))
    return 2.0 ** octaves[0].numpy(), voiced[0].numpy()


def yin_by_loops(audio, sr):
    """Compute equations 6 and 8 and steps 4 and 5 of the paper in loops; 0 where unvoiced."""
    window = round(2048 / 44_100 * sr)
    x = audio.astype(np.float64).mean(0)
    shortest, longest = int(sr // min(4200, sr / 4)), int(np.ceil(sr / 30))
    found = []
    for start in range(0, len(x) - 2 * window + 1, window // 2):
        frame = x[start : start + 2 * window]
        d = [((frame[:window] - frame[k : k + window]) ** 2).sum() for k in range(longest + 2)]
        d = np.array(d)
        normalised = np.array([1, *(d[1:] * np.arange(1, len(d)) / np.cumsum(d[1:]))])

        def vertex(y, k):
            rise, bend = (y[k + 1] - y[k - 1]) / 2, y[k + 1] + y[k - 1] - 2 * y[k]
            return (-rise / bend, y[k] - rise**2 / bend / 2) if abs(rise) < bend else (0, y[k])

        depth = {k: normalised[k] for k in range(shortest, longest + 1)}
        troughs = [k for k in depth if normalised[k - 1] > normalised[k] <= normalised[k + 1]]
        depth |= {k: vertex(normalised, k)[1] for k in troughs}
        deep = [k for k in troughs if depth[k] < 0.1]
        best = deep[0] if deep else min(depth, key=depth.get)
        found.append(sr / (best + vertex(d, best)[0]) if depth[best] < 0.2 else 0)
    return np.array(found)


def cents(ours, theirs):
    return 1200 * np.log2(np.asarray(ours) / theirs)


def saw(hz, sr, seconds=0.4):
    time = np.arange(int(sr * seconds)) / sr
    partials = range(1, min(40, int(0.45 * sr / hz)) + 1)
    tones = [0.3 / k * np.sin(2 * np.pi * k * hz * time) for k in partials]
    return sum(tones)[None].astype(np.float32)


def sine(hz, sr, seconds=0.4, level=0.5):
    time = np.arange(int(sr * seconds)) / sr
    return (level * np.sin(2 * np.pi * hz * time))[None].astype(np.float32)


def score(candidate, target, sr=SR):
    return ObjectiveSet([F0()], Target(target, sr)).score(candidate[None])[0, 0]


@pytest.mark.parametrize("sr", [8_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("hz", [32.0, 65.4, 440.3, 780.0])
def test_sines(sr, hz):
    found, voiced = track(sine(hz, sr), sr)
    assert voiced.all()
    assert np.abs(cents(found, hz)).max() < (2 if sr == 8_000 else 1)


@pytest.mark.parametrize("hz", [65.4, 440.3, 1000.7, 2003.0, 4150.0])
def test_saws(hz):
    for sr, tolerance in ((96_000, 4), (44_100, 8), (22_050, 20)):
        found, voiced = track(saw(hz, sr), sr)
        assert voiced.all()
        assert np.abs(cents(found, hz)).max() < tolerance


@pytest.mark.parametrize("seed", range(4))
def test_recordings_equal_the_paper(seed, sound):
    """Equal to the paper written out in loops, within double precision."""
    audio = sound("recording", SR, 0.5, 2, seed=seed)
    found, voiced = track(audio, SR)
    expected = yin_by_loops(audio, SR)
    np.testing.assert_array_equal(voiced, expected > 0)
    np.testing.assert_allclose(found[voiced], expected[voiced], rtol=1e-6)


@pytest.mark.parametrize("hz", [60.0, 110.0, 261.6])
def test_agrees_with_librosa_where_the_pitch_is_clear(hz):
    sr, window = 44_100, 2048
    audio = saw(hz, sr)
    expected = librosa.yin(
        audio[0],
        fmin=30,
        fmax=4200,
        sr=sr,
        frame_length=2 * window,
        hop_length=window // 2,
        center=False,
    )
    found, voiced = track(audio, sr)
    assert voiced.all()
    assert np.abs(cents(found, expected)).max() < 1


def test_follows_a_chirp():
    sr = 44_100
    time = np.arange(sr) / sr
    audio = (0.4 * np.sin(2 * np.pi * (200 * time + 50 * time**2)))[None].astype(np.float32)
    found, voiced = track(audio, sr)
    # a frame compares two windows, and its pitch is that between their centres
    middle = (np.arange(len(found)) * 1024 + 1024) / sr
    expected = 200 + 100 * (middle + 0.5 / 250)
    assert voiced.all()
    assert np.abs(cents(found, expected)).max() < 10


@pytest.mark.parametrize("cents_off", [-1300, -700, -10, 3, 100, 700, 1300])
def test_is_the_interval_up_to_an_octave(cents_off):
    sr = 44_100
    target, candidate = saw(220, sr, 0.2), saw(220 * 2 ** (cents_off / 1200), sr, 0.2)
    assert score(candidate, target, sr) == pytest.approx(min(abs(cents_off), 1200), abs=1.0)


def test_no_pitch_costs_an_octave(sound):
    target = saw(220, SR)
    for kind in ("noise", "silence"):
        assert score(sound(kind, SR, 0.4), target) == 1200.0
    # in half of the frames
    half = target.copy()
    half[:, SR // 5 :] = sound("noise", SR, 0.4)[:, SR // 5 :]
    assert 400 < score(half, target) < 900


def test_only_frames_with_a_pitch_in_the_target_count(sound):
    target = saw(220, SR, 1.0)
    target[:, SR // 2 :] = sound("noise", SR, 0.5)
    candidate = saw(220, SR, 1.0)
    assert score(candidate, target) < 5


def test_is_blind_to_level_and_timbre(sound):
    target = sound("recording", SR, 0.6)
    assert score(0.05 * target, target) < 0.1
    assert score(sine(220, SR), saw(220, SR)) < 1


@pytest.mark.parametrize("kind", ["noise", "silence"])
def test_refuses_a_target_without_pitch(kind, sound):
    with pytest.raises(ObjectiveError, match=r"no pitch .*leave f0"):
        F0().prepare(Target(sound(kind, SR, 0.5), SR))


def test_refuses_a_short_target_and_a_low_rate():
    with pytest.raises(ObjectiveError, match=r"f0 needs .* 92\.9 ms"):
        F0().prepare(Target(saw(220, 44_100, 0.09), 44_100))
    F0().prepare(Target(saw(220, 44_100, 0.093), 44_100))
    with pytest.raises(ObjectiveError, match="at least 1000 Hz"):
        F0().prepare(Target(sine(100, 900, 1.0), 900))


def test_descends_to_the_pitch():
    """The gradient of the distance by a tone's frequency points to the target's."""
    time = torch.arange(8_000, dtype=torch.float64) / SR
    target = Target(0.5 * torch.sin(2 * torch.pi * 225 * time)[None], SR)
    hz = torch.tensor(220.0, dtype=torch.float64, requires_grad=True)
    scorer = ObjectiveSet([F0()], target)
    (slope,) = torch.autograd.grad(
        scorer.distances(0.5 * torch.sin(2 * torch.pi * hz * time)[None, None]).sum(), hz
    )
    assert float(slope) == pytest.approx(-1200 / (220 * np.log(2)), rel=0.05)
