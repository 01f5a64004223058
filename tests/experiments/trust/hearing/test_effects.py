"""Changes of sounds: what each does, by measures of its own."""

import numpy as np
import pytest
from scipy.signal import hilbert

from patchwright.experiments.trust.hearing.changes import declared_changes
from patchwright.experiments.trust.hearing.effects import EFFECTS
from tests.experiments.trust.hearing.conftest import F0, SR, make_notes

CHANGES = declared_changes()
LEVEL_RESTORED = {"tremolo", "tilt", "without", "doubled", "comb", "decay", "accent", "reverb"}
# what needs no pitch, of the effects that change partials
UNPITCHED = {"doubled", "foreign", "mistuned", "pitch", "shifted", "stretched", "without"}


def apply(effect, notes, **options):
    return EFFECTS[effect](notes, np.random.default_rng(0), **options)


def level(audio):
    return 10 * np.log10(np.mean(np.square(audio), axis=-1))


def partial(audio, hz, width=0.03):
    """Return the level in dB of what lies around a frequency."""
    n_fft = 8 * audio.shape[-1]
    power = np.square(np.abs(np.fft.rfft(audio * np.hanning(audio.shape[-1]), n_fft)))
    bins = np.fft.rfftfreq(n_fft, 1 / SR)
    return 10 * np.log10(power[..., np.abs(bins / hz - 1) < width].sum(-1) + 1e-12)


def strongest(audio):
    n_fft = 16 * audio.shape[-1]
    power = np.abs(np.fft.rfft(audio * np.hanning(audio.shape[-1]), n_fft))
    return np.argmax(power, axis=-1) * SR / n_fft


@pytest.mark.parametrize("plain", [False, True])
def test_changes_are_declared_with_known_effects(plain):
    chosen = [change for change in CHANGES if change.plain == plain]
    assert len({change.kind for change in chosen}) >= 15
    assert {change.effect for change in chosen} <= set(EFFECTS)
    assert len({str(change) for change in chosen}) == len(chosen)


def test_every_effect_is_used():
    assert {change.effect for change in CHANGES} == set(EFFECTS)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_change_is_finite_repeats_and_does_something(change, notes):
    changed = change.apply(notes, np.random.default_rng(3))
    assert changed.shape in {(2, 1, notes.audio.shape[1]), (2, 2, notes.audio.shape[1])}
    assert np.isfinite(changed).all()
    np.testing.assert_array_equal(changed, change.apply(notes, np.random.default_rng(3)))
    change_of_power = np.square(changed - notes.audio[:, np.newaxis]).mean(axis=(1, 2))
    difference = 10 * np.log10(change_of_power) - level(notes.audio)
    if change.effect != "band_limit":  # there is nothing above 8 kHz
        assert (difference > (-40 if change.plain else -110)).all()
    if change.effect in LEVEL_RESTORED:
        np.testing.assert_allclose(level(changed[:, 0]), level(notes.audio), atol=1e-6)


@pytest.mark.parametrize("effect", sorted(UNPITCHED))
def test_partials_of_a_sound_without_a_pitch_are_unknown(effect):
    notes = make_notes((200.0, np.nan))
    options = next(change.options for change in CHANGES if change.effect == effect)
    changed = apply(effect, notes, **options)
    assert np.isfinite(changed[0]).all()
    assert np.isnan(changed[1]).all()


@pytest.mark.parametrize("cents", [-1200, -50, 35, 700])
def test_pitch_moves_every_partial_and_keeps_the_envelope(cents, notes):
    moved = apply("pitch", notes, cents=cents)
    ratio = 2 ** (cents / 1200)
    np.testing.assert_allclose(strongest(moved), np.multiply(F0, ratio), rtol=1e-3)
    for k in (2, 3):
        before = [partial(row, k * hz) for row, hz in zip(notes.audio, F0, strict=True)]
        after = [partial(row, k * hz * ratio) for row, hz in zip(moved, F0, strict=True)]
        np.testing.assert_allclose(after, before, atol=1.5)
    half = notes.audio.shape[1] // 2
    falls = [level(audio[:, :half]) - level(audio[:, half:]) for audio in (notes.audio, moved)]
    np.testing.assert_allclose(falls[1], falls[0], atol=0.5)


def test_one_partial_is_mistuned(notes):
    changed = apply("mistuned", notes, partial=2, cents=100)
    for row, before, hz in zip(changed, notes.audio, F0, strict=True):
        assert partial(row, 2 * hz * 2 ** (1 / 12)) == pytest.approx(partial(before, 2 * hz), abs=1)
        assert partial(row, 2 * hz) < partial(before, 2 * hz) - 15
        assert partial(row, hz) == pytest.approx(partial(before, hz), abs=0.1)


def test_strong_partials_are_removed(notes):
    changed = apply("without", notes, strongest=2)
    for row, before, hz in zip(changed, notes.audio, F0, strict=True):
        fall = [partial(row, k * hz) - partial(before, k * hz) for k in (1, 2, 3)]
        assert max(fall[:2]) < fall[2] - 20


def test_a_foreign_partial_has_its_level(notes):
    changed = apply("foreign", notes, ratio=1.41, decibels=-12) - notes.audio
    np.testing.assert_allclose(strongest(changed), np.multiply(F0, 1.41), rtol=2e-3)
    fundamental = [partial(row, hz) for row, hz in zip(notes.audio, F0, strict=True)]
    added = [partial(row, 1.41 * hz) for row, hz in zip(changed, F0, strict=True)]
    np.testing.assert_allclose(np.subtract(added, fundamental), -12, atol=1)


def test_partials_are_stretched_and_shifted(notes):
    stretched = apply("stretched", notes, inharmonicity=0.01)
    shifted = apply("shifted", notes, share=0.1)
    for k in (1, 3):
        for row, other, before, hz in zip(stretched, shifted, notes.audio, F0, strict=True):
            level_before = partial(before, k * hz, 0.02)
            place = k * hz * np.sqrt(1 + 0.01 * k**2)
            assert partial(row, place, 0.02) == pytest.approx(level_before, abs=1.5)
            assert partial(other, (k + 0.1) * hz, 0.02) == pytest.approx(level_before, abs=1.5)


def test_vibrato_has_rate_and_depth():
    time = np.arange(SR) / SR
    notes = make_notes((400.0,), seconds=1.0)
    tone = type(notes)(notes.names, np.sin(2 * np.pi * 400 * time)[None], notes.f0, SR)
    phase = np.unwrap(np.angle(hilbert(apply("vibrato", tone, rate=4, cents=50)[0])))
    cents = 1200 * np.log2(np.diff(phase) * SR / (2 * np.pi) / 400)[800:-800]
    assert cents.max() == pytest.approx(50, abs=3)
    assert cents.min() == pytest.approx(-50, abs=3)
    crossings = np.flatnonzero(np.diff(np.sign(cents)))
    assert np.diff(crossings).mean() == pytest.approx(SR / 8, rel=0.03)


def test_a_glide_starts_off_the_pitch_and_reaches_it():
    tone = make_notes((400.0,), seconds=1.0)
    changed = apply("scoop", tone, cents=-200, seconds=0.05)
    assert strongest(changed[:, :800])[0] < 385
    assert strongest(changed[:, 8000:])[0] == pytest.approx(400, rel=2e-3)


def test_tremolo_has_depth(notes):
    changed = apply("tremolo", notes, rate=20, depth=0.5)
    ratio = (np.abs(hilbert(changed)) / np.abs(hilbert(notes.audio)))[:, 800:-800]
    np.testing.assert_allclose(ratio.max(axis=1) / ratio.min(axis=1), 3, rtol=0.1)


def test_times_of_the_envelope(notes):
    edge = round(0.1 * SR)
    soft = apply("soft_attack", notes, seconds=0.1)
    np.testing.assert_array_equal(soft[:, edge:], notes.audio[:, edge:])
    assert (level(soft[:, : edge // 4]) < level(notes.audio[:, : edge // 4]) - 15).all()
    late = apply("delay", notes, milliseconds=100)
    np.testing.assert_array_equal(late[:, edge:], notes.audio[:, :-edge])
    assert not late[:, :edge].any()
    lasts = notes.lasts()
    assert (apply("cut", notes, share=0.5, seconds=0.02)[:, -edge:] == 0).all()
    gap = apply("gap", notes, share=0.5, seconds=0.05)
    for row, last in zip(gap, lasts[:, 0], strict=True):
        silent = np.flatnonzero(row[1:-1] == 0)[[0, -1]] / SR
        assert np.mean(silent) == pytest.approx(0.5 * last, abs=2e-3)
        assert np.ptp(silent) == pytest.approx(0.05, abs=8e-3)
    faster = apply("decay", notes, decibels=-40)
    falls = [level(audio[:, :edge]) - level(audio[:, -edge:]) for audio in (faster, notes.audio)]
    np.testing.assert_allclose(falls[0] - falls[1], 40 * 0.4, atol=0.5)


@pytest.mark.parametrize("effect", ["noise", "breath", "masked_noise"])
def test_noise_has_its_level(effect, notes):
    options = {"low": 1000, "high": 4000} if effect == "breath" else {}
    added = apply(effect, notes, decibels=-20, **options) - notes.audio
    np.testing.assert_allclose(level(added) - level(notes.audio), -20, atol=1e-6)


def test_breath_fades_with_the_sound(notes):
    added = apply("breath", notes, decibels=-20, low=1000, high=4000) - notes.audio
    half = added.shape[1] // 2
    for sound in (notes.audio, added):
        fall = level(sound[:, :half]) - level(sound[:, half:])
        np.testing.assert_allclose(fall, 20 * np.log10(np.e) * 2 * 0.25, atol=1.2)


def test_stereo_has_the_power_of_the_note(notes):
    for effect, options in [("pan", {"decibels": 6}), ("auto_pan", {"rate": 2})]:
        changed = apply(effect, notes, **options)
        np.testing.assert_allclose(level(changed).shape, (2, 2))
        power = np.mean(np.square(changed), axis=(1, 2))
        np.testing.assert_allclose(power, np.mean(np.square(notes.audio), axis=1), rtol=1e-9)
    left, right = level(apply("pan", notes, decibels=6))[0]
    assert left - right == pytest.approx(6)
    assert not np.allclose(*apply("split", notes, hz=800)[0])


def test_filters_move_the_centre_of_the_spectrum(notes):
    before = notes.centroid()
    for effect, options, sign in [
        ("tilt", {"decibels": 3}, 1),
        ("tilt", {"decibels": -3}, -1),
        ("high_pass", {"octaves": 0, "slope": 12}, 1),
        ("low_pass", {"octaves": 0, "slope": 12}, -1),
    ]:
        changed = type(notes)(notes.names, apply(effect, notes, **options), notes.f0, SR)
        assert (sign * np.log2(changed.centroid() / before) > 0.05).all()
