"""Wishes: their words, and recordings that are edited until they are as wished."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from scipy.signal import welch

from patchwright.objectives.differences import hear_differences
from patchwright.objectives.target import ObjectiveError
from patchwright.objectives.wishes import (
    VOCABULARY,
    compare_wishes,
    granted,
    parse_wishes,
    vocabulary,
)
from tests.sizes import size

TARGETS = Path(__file__).parents[2] / "experiments" / "targets"
SR, F0 = 44_100, 220.0
TIME = np.arange(2 * SR) / SR


def note(noise=0.003):
    """Return a steady note of 20 harmonics with noise, `[1, t]`."""
    tone = sum(np.sin(2 * np.pi * F0 * k * TIME) / k for k in range(1, 21))
    hiss = noise * np.random.default_rng(0).standard_normal(len(TIME))
    return (0.1 * (tone + hiss))[np.newaxis].astype(np.float32)


def powers(audio):
    """Return the power in partials and between them, by Welch's spectrum."""
    hz, power = welch(audio[0], SR, nperseg=16_384)
    within = np.abs(hz / F0 - np.round(hz / F0)) * F0 < 45  # beside which the window leaks
    inner = hz < 10_000
    return power[within & inner].sum(), power[~within & inner].sum()


@pytest.mark.parametrize("decibels", [-6, 3])
def test_a_level_is_changed_as_another_meter_measures_it(decibels):
    wishes = parse_wishes(f"{'louder' if decibels > 0 else 'quieter'} {abs(decibels)} dB")
    meter = pyloudnorm.Meter(SR)
    before, after = (
        meter.integrated_loudness(x[0].astype(float)) for x in (note(), granted(note(), SR, wishes))
    )
    assert after - before == pytest.approx(decibels, abs=0.1)


@pytest.mark.parametrize(("words", "decibels"), [("less noise", -6), ("more noise 9 dB", 9)])
def test_noise_changes_between_the_partials_and_nowhere_else(words, decibels):
    tone, hiss = powers(note())
    tone_after, hiss_after = powers(granted(note(), SR, parse_wishes(words)))
    assert 10 * np.log10(hiss_after / hiss) == pytest.approx(decibels, abs=1.5)
    assert 10 * np.log10(tone_after / tone) == pytest.approx(0, abs=0.1)


def test_brighter_turns_the_spectrum_and_keeps_the_rest():
    edited = granted(note(), SR, parse_wishes("brighter 3 dB"))
    heard = hear_differences(note(), edited, SR)
    assert {"pitch", "attack", "partials"} <= {*heard.alike}
    hz, (before, after) = (
        np.fft.rfftfreq(len(TIME), 1 / SR),
        np.abs(np.fft.rfft(np.concatenate([note(), edited]))),
    )
    change = {k: 20 * np.log10(after / before)[round(F0 * k * 2)] for k in (1, 4, 20)}
    assert hz[round(F0 * 2)] == F0
    assert change[1] < change[4] <= change[20]
    assert 2 < change[20] - change[1] < 8


@pytest.mark.parametrize(
    "words",
    size(["attack 15 ms", "attack 40 ms", "attack 0.2 s", "darker 4 dB"], ["attack 0.1 s"]),
)
@pytest.mark.parametrize(
    "name", size(["bell_c5", "clarinet_c4", "synth_bass_c2", "trumpet_c4"], ["trumpet_c4"])
)
def test_recordings_become_as_wished(name, words):
    audio = soundfile.read(TARGETS / f"{name}.flac", dtype="float32")[0][np.newaxis, : 2 * SR]
    wishes = parse_wishes(words)
    (found,) = compare_wishes(audio, granted(audio, SR, wishes), SR, wishes)
    assert found.got == pytest.approx(found.asked, rel=0.1, abs=2.0)
    (before,) = compare_wishes(audio, audio, SR, wishes)
    assert before.got == before.recorded != found.got


def test_several_wishes_are_had_at_once():
    wishes = parse_wishes("brighter 3 dB, attack 60 ms, less noise, louder 2 dB")
    for found in compare_wishes(note(), granted(note(), SR, wishes), SR, wishes):
        assert found.got == pytest.approx(found.asked, rel=0.1, abs=0.3)


def test_every_word_is_understood_and_listed():
    for word in VOCABULARY:
        (wish,) = parse_wishes(f" {word.upper()}  20 ms" if word == "attack" else f"{word}  2 dB ")
        assert wish.quality == VOCABULARY[word][0]
        assert word in vocabulary()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "brighter"),
        ("prettier", "brighter"),
        ("brighter 3 dB,", "no wish"),
        ("brighter 3 ms", "range"),
        ("brighter 300 dB", "range"),
        ("brighter 0 dB", "range"),
        ("attack", "40 ms"),
        ("attack 3 dB", "40 ms"),
        ("attack 1 ms", "range"),
        ("brighter, darker", "twice"),
        ("brighter -3 dB", "no wish"),
        ("brighter " * 100, "characters"),
    ],
)
def test_what_is_no_wish_is_refused(text, fault):
    with pytest.raises(ObjectiveError, match=fault):
        parse_wishes(text)


def test_what_cannot_be_had_is_said():
    with pytest.raises(ObjectiveError, match="cannot be had"):
        granted(note()[:, : SR // 10], SR, parse_wishes("attack 900 ms"))
    silence = np.zeros((1, SR), np.float32)
    with pytest.raises(ObjectiveError, match="cannot be had"):
        granted(silence, SR, parse_wishes("louder 3 dB"))
