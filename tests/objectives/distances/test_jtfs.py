import math
import sys

import numpy as np
import pytest
import torch

from patchwright.objectives import (
    Objective,
    ObjectiveError,
    ObjectiveSet,
    PreparedObjective,
    Spectra,
    Target,
)
from patchwright.objectives.distances.jtfs import JTFS, log_coefficients
from patchwright.objectives.distances.scattering import joint_scattering
from patchwright.objectives.distances.scattering_filters import filter_bank
from tests.needs import need_package

SR = 16_000


@pytest.fixture
def kymatio():
    need_package("kymatio", "jtfs")


def scorer_of(target, sr=SR):
    return ObjectiveSet([JTFS()], Target(target, sr))


def distance(candidate, target, sr=SR):
    return scorer_of(target, sr).score(candidate[None])[0, 0]


def parts_of(found):
    return found.first, found.rising, found.falling, found.together


def plainly(samples, n_padded):
    """Coefficients of one sound [t], filter by filter: the first order by scale, and the second
    by rate: by scale as it is, mirrored, and of the low-pass; each [paths, frames].

    At twice the rates that kymatio takes for sufficient, or more.
    """
    from kymatio.scattering1d.filter_bank import gauss_1d, scattering_filter_factory

    _, bands, rates = scattering_filter_factory(n_padded, 11, (8, 1), 2**11)
    low_pass, wavelets, _ = scattering_filter_factory(128, 3, (1, 1), 2**3)
    bands, rates = bands[:71], rates[-9:]
    positive = np.fft.fftfreq(n_padded) >= 0

    def through(signal, spectrum):
        return np.fft.ifft(np.fft.fft(signal) * spectrum)

    def averaged(amplitudes):
        step = n_padded // amplitudes.shape[-1]
        smooth = through(amplitudes, gauss_1d(n_padded // step, step * 0.1 / 2**11)).real
        return smooth[:, :: 2**11 // step][:, : math.ceil(len(samples) / 2**11)]

    def along_frequency(rows, filters, mirrored=False):
        spectrum = np.fft.fft(rows, n=128, axis=0)
        for each in filters:
            response = each["levels"][0]
            response = np.roll(response[::-1], 1) if mirrored else response
            there = range(0, len(rows), 2 ** each["j"])
            yield abs(np.fft.ifft(spectrum * response[:, None], axis=0)[there])

    sound = np.pad(samples, (0, n_padded - len(samples)))
    scalogram = np.stack([abs(through(sound, band["levels"][0] * positive)) for band in bands])
    first = np.concatenate(list(along_frequency(averaged(scalogram), [*wavelets, low_pass])))
    second = []
    for rate in rates:
        wide = sum(band["j"] < rate["j"] for band in bands)
        moving = through(scalogram[:wide], rate["levels"][0])[:, :: 2 ** (rate["j"] - 1)]
        moving = moving.astype(np.complex64)
        second.append(
            [
                averaged(np.concatenate(list(along_frequency(moving, filters, mirrored))))
                for filters, mirrored in ((wavelets, False), (wavelets, True), ([low_pass], False))
            ]
        )
    return first, *(np.concatenate(part) for part in zip(*second, strict=True))


def test_equals_plain_numpy(kymatio, sound):
    audio = (sound("noise", SR, 0.12) + sound("clicks", SR, 0.12))[0]
    expected = plainly(audio.astype(np.float64), n_padded=9 * 2**11)
    found = parts_of(joint_scattering(torch.from_numpy(audio[None])))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape[1:] == theirs.shape
        error = abs(ours[0].numpy() - theirs)
        assert np.linalg.norm(error) < 1e-4 * np.linalg.norm(theirs)
        assert error.max() < 3e-4 * theirs.max()


@pytest.mark.parametrize("octaves_a_second", [2, 4, 8])
def test_tells_rising_from_falling_glides(octaves_a_second, kymatio):
    # at this length, a multiple of the hop plus one sample, the mirrored sound has mirrored frames
    time = np.linspace(0, 1.024, 8 * 2**11 + 1)
    phase = 2 * np.pi * 150 * 2 ** (octaves_a_second * (time - 0.25)) / math.log(2)
    glide = np.sin(phase / octaves_a_second) * np.exp(-(((time - 0.512) / 0.12) ** 2))
    first, rising, falling, together = parts_of(joint_scattering(torch.tensor(glide)[None]))
    assert rising.sum() > 5 * falling.sum()
    back = [
        part.flip(-1) for part in parts_of(joint_scattering(torch.tensor(glide[::-1].copy())[None]))
    ]
    for one, other in zip(
        (first, rising, falling, together), (back[0], back[2], back[1], back[3]), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(one.max()))


def test_small_moves_change_little(kymatio):
    time = np.arange(SR) / SR
    slow, fast = (
        0.3 * np.sin(2 * np.pi * 400 * time + depth * np.sin(2 * np.pi * hz * time))
        for hz, depth in ((5, 4), (10, 4))
    )
    slow, fast, later = (
        np.pad(x * np.hanning(SR), (left, 1_600 - left))[None].astype(np.float32)
        for x, left in ((slow, 0), (fast, 0), (slow, 160))
    )
    assert 0 < distance(later, slow) < 0.2 * distance(fast, slow)


def test_distance_is_the_root_mean_square_of_logarithms(kymatio, sound):
    target, candidate = sound("noise", SR, 0.1, 2, seed=1), sound("tone", SR, 0.1, 2)
    theirs, ours = (
        np.log1p(torch.cat(parts_of(joint_scattering(torch.from_numpy(x))), 1).numpy() / 1e-5)
        for x in (target, candidate)
    )
    expected = np.sqrt(np.square(ours - theirs).mean())
    assert distance(candidate, target) == pytest.approx(expected, rel=1e-4)


def test_conforms(kymatio, sound):
    """The conformance tests of registered objectives on few sounds, because each takes long."""
    assert isinstance(JTFS(), Objective)
    assert "blind to" in JTFS.__doc__.lower()
    sr, kinds = 8_000, ["noise", "silence", "clicks", "tone"]
    rows = np.stack([sound(kind, sr, 0.04) for kind in kinds])
    for number, target in enumerate(rows):
        assert isinstance(JTFS().prepare(Target(target, sr)), PreparedObjective)
        scorer = scorer_of(target, sr)
        scores = scorer.score(rows)
        assert scores[number] == 0
        assert (np.delete(scores, number) > 0).all()
    for number in (1, 3):
        audio = torch.from_numpy(rows).requires_grad_()
        scorer_of(rows[number], sr).distances(audio).sum().backward()
        assert audio.grad.isfinite().all()


@pytest.mark.parametrize(("sr", "seconds", "channels"), [(44_100, 0.5, 1), (8_000, 0.3, 2)])
def test_bits_do_not_depend_on_the_batch(sr, seconds, channels, kymatio, sound):
    scorer = scorer_of(sound("sweep", sr, seconds, channels), sr)
    rows = np.stack([sound("noise", sr, seconds, channels, seed=k) for k in range(4)])
    together = scorer.score(rows)
    assert len(np.unique(together)) == 4
    np.testing.assert_array_equal(scorer.score(rows[::-1])[::-1], together)
    np.testing.assert_array_equal(scorer.score(rows[1:3]), together[1:3])
    misaligned = np.empty(rows.size + 1, dtype=np.float32)[1:].reshape(rows.shape)
    misaligned[:] = rows
    np.testing.assert_array_equal(scorer.score(misaligned), together)


def test_nearer_is_lower_and_descent_comes_nearer(kymatio, sound):
    target, other = sound("sweep", SR, 0.2), sound("noise", SR, 0.2)
    scorer = scorer_of(target)
    scores = scorer.score(np.stack([target + share * other for share in (0, 0.01, 0.1, 1, 10)]))
    assert (np.diff(scores[:, 0]) > 0).all()
    audio = torch.from_numpy(other[None]).requires_grad_()
    first = scorer.distances(audio)
    (gradient,) = torch.autograd.grad(first.sum(), audio)
    assert scorer.distances(audio.detach() - 1e-3 * gradient / gradient.norm()) < first


def test_gradient_agrees_with_finite_differences(kymatio):
    generator = torch.Generator().manual_seed(0)
    target, audio, way = 0.1 * torch.randn(3, 1, 300, generator=generator, dtype=torch.float64)
    scorer = scorer_of(target, 8_000)

    def along(step):
        return scorer.distances((audio + step * way)[None])

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, step, eps=1e-6, atol=1e-5, rtol=1e-4)


def test_rates_are_made_one_and_long_sounds_cut(kymatio, sound):
    tone = sound("tone", 48_000, 0.3) * np.hanning(14_400).astype(np.float32)
    high, low = (
        log_coefficients(Spectra(torch.from_numpy(x[None].copy()), sr))
        for x, sr in ((tone, 48_000), (tone[:, ::3], SR))
    )
    torch.testing.assert_close(high, low, rtol=1e-3, atol=1e-3)
    start, end = sound("noise", SR, 4.0, seed=1), sound("noise", SR, 0.5, seed=2)
    late, early = (np.concatenate([start, amount * end], axis=1) for amount in (1, 0))
    assert distance(late, early) == 0


def test_any_length_will_do(kymatio):
    for n_samples in (1, 2, 5_000):
        target = np.ones((1, n_samples), np.float32)
        assert distance(target, target, 44_100) == 0
        assert distance(0 * target, target, 44_100) > 0


def test_says_how_to_install_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "kymatio", None)
    filter_bank.cache_clear()
    with pytest.raises(ObjectiveError, match=r"^kymatio .* install 'patchwright\[jtfs\]'"):
        JTFS().prepare(Target(np.ones((1, 8_000), np.float32), SR))
