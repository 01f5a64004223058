"""Descriptors against reference libraries, and against sounds whose descriptors are known."""

import librosa
import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import torch

from patchwright.objectives import ObjectiveError
from patchwright.objectives.descriptors import DESCRIPTORS, WINDOW, describe

SR = 44_100
RNG = np.random.default_rng(0)
SECONDS = np.arange(SR) / SR


def measured(name, audio, sr=SR):
    """Return one descriptor of one sound `[t]` or `[c, t]`."""
    return describe(np.atleast_2d(audio)[np.newaxis], sr, [DESCRIPTORS[name]])[0, 0]


def ramped(rise, tail, length=2 * SR):
    """Return noise that rises for `rise` seconds and falls by 60 dB in each `tail` seconds."""
    t = np.arange(length) / SR
    shape = np.where(t < rise, t / rise, 10 ** (-3 * (t - rise) / tail))
    return 0.5 * shape * np.sign(RNG.standard_normal(length))


PLUCK = ramped(0.002, 0.5) * 0.3 + 0.1 * np.sin(2 * np.pi * 440 * np.arange(2 * SR) / SR)
SOUNDS = {
    "pluck": PLUCK,
    "chord": sum(np.sin(2 * np.pi * f * SECONDS) for f in (220, 277, 330)) / 4,
    "noise": RNG.standard_normal(SR) * 0.1,
    "stereo": np.stack([PLUCK, 0.3 * np.roll(PLUCK, 999)]),
    "short": PLUCK[:2500],
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spectral_ones_are_means_of_librosas_weighted_by_magnitude(name, dtype):
    channels = np.atleast_2d(SOUNDS[name]).astype(dtype)
    spectra = [np.abs(librosa.stft(channel.astype(float))) for channel in channels]
    weights = np.concatenate([spectrum.sum(axis=0) for spectrum in spectra])
    centroids = [librosa.feature.spectral_centroid(S=spectrum, sr=SR)[0] for spectrum in spectra]
    flatness = [librosa.feature.spectral_flatness(S=spectrum)[0] for spectrum in spectra]
    expected = np.average(np.concatenate(centroids), weights=weights)
    exact = 1e-6 if dtype is np.float64 else 1e-3  # of the noise floor between the partials
    assert measured("brightness", channels) == pytest.approx(expected, rel=exact)
    expected = np.average(10 * np.log10(np.concatenate(flatness)), weights=weights)
    assert measured("noisiness", channels) == pytest.approx(expected, abs=1e3 * exact)


@pytest.mark.parametrize("name", ["pluck", "chord", "noise", "stereo"])
def test_loudness_is_pyloudnorms(name):
    expected = pyloudnorm.Meter(SR).integrated_loudness(np.atleast_2d(SOUNDS[name]).T)
    assert measured("loudness", SOUNDS[name]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("name", SOUNDS)
def test_attack_and_length_are_read_from_librosas_rms(name):
    window, hop = round(WINDOW * SR), 44
    channels = np.pad(np.atleast_2d(SOUNDS[name]), ((0, 0), (window, 0)))
    each = librosa.feature.rms(y=channels, frame_length=window, hop_length=hop, center=False)
    rms = np.sqrt((each[:, 0] ** 2).mean(axis=0))
    risen, begun = (np.argmax(rms >= share * rms.max()) for share in (0.9, 0.1))
    assert measured("attack", SOUNDS[name]) == pytest.approx(max(1, risen - begun) * hop / SR)
    last = np.flatnonzero(rms >= 0.01 * rms.max())[-1]
    assert measured("length", SOUNDS[name]) == pytest.approx(last * hop / SR)


@pytest.mark.parametrize("rise", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("tail", [0.3, 0.6])
def test_a_ramp_has_the_attack_and_the_length_that_it_was_made_with(rise, tail):
    audio = ramped(rise, tail)
    assert measured("attack", audio) == pytest.approx(0.8 * rise, abs=0.006)
    assert measured("length", audio) == pytest.approx(rise + tail * 2 / 3, abs=0.015)


def test_they_hear_what_they_are_named_after():
    saw = 0.2 * scipy.signal.sawtooth(2 * np.pi * 220 * SECONDS)
    sine = 0.2 * np.sin(2 * np.pi * 220 * SECONDS)
    noise = 0.2 * RNG.standard_normal(SR)
    for name in ("brightness", "noisiness"):
        assert measured(name, sine) < measured(name, saw) < measured(name, noise)
    assert measured("loudness", 0.5 * saw) == pytest.approx(
        measured("loudness", saw) - 6.02, abs=0.01
    )
    assert measured("attack", np.ones(SR)) < 0.01  # a step, though it begins at once
    for name in ("brightness", "noisiness", "attack", "length"):  # level is no part of them
        assert measured(name, 0.5 * saw) == pytest.approx(measured(name, saw), rel=1e-3)


@pytest.mark.parametrize("sr", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("length", [1, 30, 5_000])
def test_silence_and_the_shortest_sounds_have_finite_values(sr, length):
    sounds = np.zeros((3, 2, length), np.float32)
    sounds[1, :, 0] = 1.0
    sounds[2] = 1e-9
    values = describe(sounds, sr, [*DESCRIPTORS.values()])
    assert np.isfinite(values).all()
    silent = dict(zip(DESCRIPTORS, values[0], strict=True))
    expected = {"loudness": -70, "brightness": 1000, "noisiness": -80, "attack": 0.001}
    assert silent == pytest.approx(expected | {"length": 0.001}, rel=1e-4)


def test_equal_bits_in_any_batch_and_at_any_place_in_memory():
    sounds = np.stack([np.roll(PLUCK, 37 * i)[:30_011] * (i + 1) / 9 for i in range(8)])
    batch = np.ascontiguousarray(sounds[:, np.newaxis], np.float32)
    together = describe(batch, SR, [*DESCRIPTORS.values()])
    for row in range(8):
        shifted = np.empty(30_011 + row + 1, np.float32)[row + 1 :].reshape(1, 1, -1)
        shifted[:] = batch[row]
        alone = describe(torch.from_numpy(shifted), SR, [*DESCRIPTORS.values()])
        assert alone.tobytes() == together[row].tobytes()


def test_what_is_not_finite_is_not_measured_and_disturbs_no_other():
    sounds = np.stack([SOUNDS["chord"], SOUNDS["noise"]])[:, np.newaxis].astype(np.float32)
    clean = describe(sounds, SR, [*DESCRIPTORS.values()])
    sounds[0, 0, 99] = np.nan
    found = describe(sounds, SR, [*DESCRIPTORS.values()])
    assert np.isnan(found[0]).all()
    assert found[1].tobytes() == clean[1].tobytes()
    assert describe(sounds[:0], SR, [*DESCRIPTORS.values()]).shape == (0, len(DESCRIPTORS))
    with pytest.raises(ObjectiveError, match="at least 4000"):
        measured("loudness", SOUNDS["chord"], sr=2_000)


def test_ranges_go_up_and_have_a_logarithm_where_they_need_one():
    for name, descriptor in DESCRIPTORS.items():
        assert name == descriptor.name
        assert descriptor.low < descriptor.high
        assert descriptor.unit
        assert not descriptor.logarithmic or descriptor.low > 0
