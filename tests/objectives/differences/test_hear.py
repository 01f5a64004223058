"""Differences of pairs of sounds of which the truth is known."""

from importlib.resources import files

import librosa
import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from patchwright.objectives import ObjectiveError
from patchwright.objectives.differences import hear_differences
from tests.objectives.differences.notes import HELD, SR, TIME, note, shape, shelf
from tests.sizes import size

NOISE = np.random.default_rng(3).standard_normal((1, len(TIME)))


@pytest.fixture(scope="module")
def plain():
    return note()


def heard(target, sound, **options):
    return hear_differences(target, sound, SR, held=HELD, **options)


def only(target, sound, **options):
    """Return the single difference of two sounds."""
    differences = heard(target, sound, **options).heard
    assert len(differences) == 1, [difference.text for difference in differences]
    return differences[0]


def test_a_partial_that_the_target_has_not(plain):
    foreign = plain + 0.1 * 10 ** (-4 / 20) * np.sin(2 * np.pi * 854 * TIME) * shape()
    difference = only(plain, foreign)
    assert difference.what == "foreign partial"
    assert difference.text == (
        "a partial at 854 Hz, 4 dB below the strongest, that the target has not"
    )
    assert difference.amount == pytest.approx(-4.0, abs=0.2)
    assert difference.plainness > 5
    assert heard(plain, foreign).sentence() == f"pitch right; {difference.text}"
    back = only(foreign, plain)
    assert back.text == "a partial at 854 Hz missing, 4 dB below the strongest"


def test_a_masked_partial_is_not_heard(plain):
    near = 0.1 * 10 ** (-40 / 20) * np.sin(2 * np.pi * 1.07 * 220 * TIME) * shape()
    assert heard(plain, plain + near).heard == ()


@pytest.mark.parametrize(
    ("order", "name"), [(1, "the fundamental at 220 Hz"), (3, "harmonic 3 at 660 Hz")]
)
def test_a_missing_harmonic_has_its_name(plain, order, name):
    spectrum = np.fft.rfft(plain)
    hz = np.fft.rfftfreq(plain.shape[1], 1 / SR)
    spectrum[:, np.abs(hz - 220 * order) < 40] = 0
    found = heard(plain, np.fft.irfft(spectrum, plain.shape[1]))
    missing = next(d for d in found.heard if d.what == "missing partial")
    assert missing.text.startswith(f"{name} missing, ")
    assert "pitch" in found.alike
    assert "balance" in found.alike


@pytest.mark.parametrize(
    ("target", "sound", "milliseconds"),
    [(0.02, 0.032, 12.0), (0.02, 0.12, 100.0), (0.2, 0.1, -100.0)],
)
def test_attacks(target, sound, milliseconds):
    difference = only(note(attack=target), note(attack=sound))
    assert difference.what == "attack"
    assert difference.amount == pytest.approx(milliseconds, abs=2.0)
    word = "slower" if milliseconds > 0 else "faster"
    assert difference.text == f"attack {abs(difference.amount):.0f} ms {word}"
    # Weber's law: steps of a quarter, and of 4 ms at 0
    steps = abs(np.log((sound + 0.016) / (target + 0.016))) / np.log(1.25)
    assert difference.plainness == pytest.approx(steps, rel=0.2)


def test_a_late_start():
    late = np.pad(note(), ((0, 0), (3_969, 0)))[:, : len(TIME)]
    found = {d.what: d for d in heard(note(), late).heard}
    assert found["start"].text == "starts 90 ms later"
    assert found["start"].plainness == pytest.approx(4.5, abs=0.1)
    assert "attack" not in found


def test_a_vibrato_that_is_missing_or_new(plain):
    moving = note(vibrato=(5.0, 30.0))
    missing, new = only(moving, plain), only(plain, moving)
    assert missing.text == "vibrato missing"
    assert missing.amount == pytest.approx(-30.0, abs=1.5)
    assert new.text == "vibrato of 5.0 Hz, 30 cents, that the target has not"
    assert "at 5.0 Hz" in missing.detail


def test_a_vibrato_that_differs():
    found = heard(note(vibrato=(5.0, 30.0)), note(vibrato=(6.5, 50.0)))
    amounts = {d.what: d.amount for d in found.heard}
    assert amounts.keys() == {"vibrato", "vibrato rate"}
    assert amounts["vibrato"] == pytest.approx(20.0, abs=2.0)
    assert amounts["vibrato rate"] == pytest.approx(1.5, abs=0.11)


@pytest.mark.parametrize(("rate", "depth"), [(6.0, 0.3), (4.0, 0.7)])
def test_tremolo(plain, rate, depth):
    difference = heard(plain, note(tremolo=(rate, depth))).heard[0]
    assert difference.what == "tremolo"
    assert difference.amount == pytest.approx(depth, abs=0.04)
    assert difference.text.startswith(f"tremolo of {rate:.1f} Hz, depth 0.")


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (12, "12 cents sharp"),
        (-30, "30 cents flat"),
        (100, "1 semitone too high"),
        (-350, "3.5 semitones too low"),
        (1200, "one octave too high"),
        (-1200, "one octave too low"),
    ],
)
def test_pitch(plain, cents, text):
    difference = only(plain, note(220 * 2 ** (cents / 1200)))
    assert difference.text == text
    assert difference.amount == pytest.approx(cents, abs=1.0)
    assert difference.plainness == pytest.approx(abs(cents) / 5, rel=0.05)


def test_the_pitch_of_a_recording_is_librosas():
    path = files("patchwright.experiments") / "targets" / "clarinet_c4.flac"
    samples = soundfile.read(str(path), always_2d=True)[0][:SR].T
    yin = librosa.yin(samples.mean(0)[: SR // 2], fmin=200, fmax=400, sr=SR, frame_length=8192)
    expected = 1200 * np.log2(np.median(yin) / 250)
    sine = 0.2 * np.sin(2 * np.pi * 250 * np.arange(samples.shape[1]) / SR)[np.newaxis]
    found = hear_differences(sine, samples, SR).heard
    pitch = next(d for d in found if d.what == "pitch")
    assert pitch.amount == pytest.approx(expected, abs=3.0)


def test_a_bell_that_is_moved():
    ratios = (0.5, 1.0, 1.2, 1.5, 2.0, 2.6, 3.0, 4.1)
    bells = []
    for hz in (400.0, 400.0 * 2 ** (40 / 1200)):
        waves = (np.sin(2 * np.pi * hz * r * TIME) for r in ratios)
        bells.append(0.05 * sum(waves)[np.newaxis] * np.exp(-3 * TIME))
    assert only(*bells).text == "40 cents sharp"
    assert "pitch" in heard(bells[0], bells[0]).alike


@pytest.mark.parametrize("decibels", [-3.0, 2.0])
def test_level_is_pyloudnorms(plain, decibels):
    sound = plain * 10 ** (decibels / 20)
    difference = only(plain, sound)
    meter = pyloudnorm.Meter(SR)
    expected = [meter.integrated_loudness(audio[0]) for audio in (plain, sound)]
    assert difference.amount == pytest.approx(expected[1] - expected[0], abs=0.01)
    assert f"target {expected[0]:.1f} LUFS" in difference.detail
    assert difference.text == f"{abs(decibels):.1f} dB {'louder' if decibels > 0 else 'quieter'}"


@pytest.mark.parametrize(("decibels", "word"), [(-3.0, "duller"), (4.0, "brighter")])
def test_balance(plain, decibels, word):
    # harmonics 14 to 20
    found = heard(plain, shelf(plain, decibels, 3000)).heard
    difference = next(d for d in found if d.what == "balance")
    assert difference.text == f"{abs(decibels):.0f} dB {word} above 2.8 kHz"
    assert difference.amount == pytest.approx(decibels, abs=0.6)
    assert difference.plainness == pytest.approx(abs(difference.amount) / 1.5)


def test_noise(plain):
    sound = plain + 10 ** (-25 / 20) * plain.std() * NOISE
    found = heard(plain, sound)
    assert found.heard[0].what == "noise"
    assert found.heard[0].text.startswith(f"{found.heard[0].amount:.0f} dB more noise around ")
    assert "balance" in found.alike  # what the noise hides is not called dull
    assert heard(plain, plain + 10 ** (-75 / 20) * plain.std() * NOISE).heard == ()
    other = np.random.default_rng(4).standard_normal(NOISE.shape)
    assert not {d.what for d in heard(0.1 * NOISE, 0.1 * other).heard} & {"noise", "pitch"}


def test_decay_release_and_length(plain):
    found = {d.what: d for d in heard(plain, note(decay=8.0)).heard}
    assert found["decay"].amount == pytest.approx(-8.0, abs=0.4)
    assert found["decay"].text == "decays 8 dB/s faster"
    assert "length" not in found
    assert only(plain, note(release=0.5)).text == "release 100 ms longer"
    cut = only(plain, plain * (TIME < 0.6))
    assert cut.what == "length"
    assert cut.amount == pytest.approx(0.6 - (HELD + 0.2 * 30 / 60), abs=0.03)
    assert cut.text == f"ends {-1000 * cut.amount:.0f} ms earlier"
    # without the time of the release, it is not known what is one
    unknown = hear_differences(plain, note(release=0.5), SR)
    assert {d.what for d in unknown.heard} <= {"length", "decay"}


def test_direct_current_and_a_faint_tail_are_not_heard(plain):
    assert heard(plain, plain + 0.003).heard == ()
    cut = plain * (TIME < 0.6)
    assert "length" in heard(cut, cut + 10 ** (-38 / 20) * (plain - cut)).alike


def test_stereo(plain):
    left, right = note(300.0)[0], note(220.0)[0]
    narrow, wide = np.stack([left + right] * 2), np.stack([left, right])
    found = {d.what: d for d in heard(narrow, wide).heard}
    assert found["width"].text == "wider in stereo"
    assert found["width"].amount == pytest.approx(1.0, abs=0.05)
    moved = np.stack([plain[0], 0.7 * plain[0]])
    place = next(d for d in heard(np.repeat(plain, 2, axis=0), moved).heard if d.what == "place")
    assert place.text == "3.1 dB farther to the left"
    assert heard(plain, np.repeat(plain, 2, axis=0)).heard == ()  # mono on both sides


def test_silence_and_no_pitch(plain):
    assert heard(plain, 0 * plain).sentence() == "silent"
    assert heard(0 * plain, plain).sentence() == "sounds, where the target is silent"
    assert heard(0 * plain, 0 * plain).sentence() == "nothing that one would hear"
    noise = heard(plain, 0.1 * NOISE)
    assert noise.heard[0].text == "no pitch, where the target has 220 Hz"


def test_of_several_notes_only_what_belongs_to_all(plain):
    chord = plain + note(277.2) + note(329.6)
    found = heard(chord, note(attack=0.2) + note(277.2, attack=0.2) + note(329.6), notes=3)
    named = {d.what for d in found.heard} | {*found.alike}
    assert not named & {
        "pitch",
        "vibrato",
        "start",
        "attack",
        "decay",
        "release",
        "length",
        "tremolo",
    }
    assert {"level", "balance"} <= named
    lost = heard(chord, plain + note(277.2), notes=3)
    assert any(d.text.startswith("a partial at 330 Hz missing") for d in lost.heard)


@settings(max_examples=size(60, 4), deadline=None)
@given(
    f0=st.floats(60, 1500),
    tilt=st.floats(0.3, 2.5),
    attack=st.floats(0.002, 0.4),
    decay=st.floats(0, 40),
    gain=st.floats(0.05, 4),
)
def test_the_same_note_differs_in_level_alone(f0, tilt, attack, decay, gain):
    target = note(f0, tilt=tilt, attack=attack, decay=decay)
    assert heard(target, target).heard == ()
    assert {d.what for d in heard(target, gain * target).heard} <= {"level"}


@pytest.mark.parametrize("sr", [8_000, 96_000])
@pytest.mark.parametrize("samples", [1, 50, 3_000])
def test_short_sounds_at_any_rate(sr, samples):
    sound = 0.1 * np.random.default_rng(0).standard_normal((2, samples))
    found = hear_differences(sound, sound[:1, : max(1, samples // 2)], sr)
    assert all(np.isfinite([d.amount, d.plainness]).all() for d in found.heard)
    assert hear_differences(sound, sound, sr).heard == ()


def test_what_cannot_be_heard_is_refused(plain):
    broken = plain.copy()
    broken[0, 5] = np.nan
    with pytest.raises(ObjectiveError, match="not finite"):
        heard(plain, broken)
    with pytest.raises(ObjectiveError, match="at least 4000 Hz"):
        hear_differences(plain, plain, 2_000)


def test_sentences_are_in_order_and_end(plain):
    found = heard(plain, 0.5 * note(233.0, tilt=1.8, attack=0.2, vibrato=(6, 40)))
    plainness = [d.plainness for d in found.heard]
    assert plainness == sorted(plainness, reverse=True)
    assert min(plainness) >= 1
    assert found.heard[0].text == "1 semitone too high"
    assert {d.what for d in found.heard} >= {"attack", "vibrato", "level", "balance"}
    assert found.sentence(2).endswith(f"; {len(plainness) - 2} smaller differences")
    assert not set(found.alike) & {d.what for d in found.heard}
