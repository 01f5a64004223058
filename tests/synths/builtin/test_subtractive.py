"""The sound of the subtractive synth, against scipy and theory."""

import numpy as np
import pytest
import scipy.signal
import torch

from patchwright.synths import Note, Performance
from patchwright.synths.builtin import Subtractive

SR = 44_100
PLAIN = {
    "osc1_waveform": "saw",
    "osc1_tune": 0.0,
    "osc_mix": 0.0,
    "noise_level": 0.0,
    "drive": 0.0,
    "filter_type": "lowpass",
    "filter_four_pole": False,
    "filter_cutoff": 18_000.0,
    "filter_resonance": {"normalised": 0.1},
    "filter_keytrack": 0.0,
    "filter_envelope": 0.0,
    "amp_attack": 0.0,
    "amp_sustain": 1.0,
    "amp_level": 0.0,
}


@pytest.fixture(scope="module")
def synth():
    return Subtractive()


def play(synth, *notes, length=1.0, **changes):
    values = synth.space.values([PLAIN | changes])
    performance = Performance(notes=notes or (Note(pitch=69, velocity=127),), length=length)
    return synth.render(values, performance).audio[0, 0].astype(float)


def level_at(audio, frequency, start=4410, count=22_050):
    """Return the amplitude in dB of a sine within a steady sound."""
    piece = audio[start : start + count]
    window = scipy.signal.windows.blackmanharris(count)
    tone = np.exp(-2j * np.pi * frequency * np.arange(count) / SR)
    return 20 * np.log10(2 * abs((piece * window * tone).sum()) / window.sum() + 1e-12)


@pytest.mark.parametrize("pitch", [33, 57, 69, 93])
def test_a_note_has_its_pitch(synth, pitch):
    audio = play(synth, Note(pitch=pitch), osc1_waveform="sine")
    crossings = np.flatnonzero(np.diff(np.signbit(audio[4410:39_690])))
    measured = (len(crossings) - 1) / 2 / ((crossings[-1] - crossings[0]) / SR)
    assert measured == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=2e-3)


@pytest.mark.parametrize(
    ("waveform", "amplitude"),
    [
        ("saw", lambda k: 2 / (np.pi * k)),
        ("pulse", lambda k: 4 / (np.pi * k) if k % 2 else 0.0),
        ("triangle", lambda k: 8 / (np.pi * k) ** 2 if k % 2 else 0.0),
        ("sine", lambda k: 1.0 if k == 1 else 0.0),
    ],
)
def test_waveforms_have_their_harmonics(synth, waveform, amplitude):
    audio = play(synth, osc1_waveform=waveform)
    fundamental = level_at(audio, 440) - 20 * np.log10(amplitude(1))
    for k in range(2, 12):
        expected = 20 * np.log10(amplitude(k) + 1e-12)
        if expected < -100:
            assert level_at(audio, 440 * k) - fundamental < -55
        else:
            assert level_at(audio, 440 * k) - fundamental == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("waveform", ["saw", "pulse", "triangle"])
def test_waveforms_are_band_limited(synth, waveform):
    """Aliases are 55 dB below the fundamental; those of a naive saw are at -30 dB."""
    audio = play(synth, Note(pitch=100), osc1_waveform=waveform)  # 2637 Hz
    spectrum = np.abs(np.fft.rfft(audio[4410:37_178] * np.blackman(32_768)))
    frequency = np.fft.rfftfreq(32_768, 1 / SR)
    fundamental = 440 * 2 ** ((100 - 69) / 12)
    away = np.abs(frequency / fundamental - np.round(frequency / fundamental)) * fundamental > 40
    audible = away & (frequency < 10_000)
    assert 20 * np.log10(spectrum[audible].max() / spectrum.max()) < -55


@pytest.mark.parametrize("kind", ["lowpass", "bandpass", "highpass"])
@pytest.mark.parametrize("four_pole", [False, True])
def test_a_filter_that_stands_still_equals_the_recursive_one(kind, four_pole):
    from patchwright.synths.builtin.filters import FILTERS, HOP, resonant_filter

    cutoff, q, n = 1500.0, 4.0, 22_050
    noise = np.random.default_rng(3).uniform(-1, 1, n)
    column = torch.ones(1, 1, dtype=torch.float64)
    filtered = resonant_filter(
        torch.tensor(noise)[None],
        FILTERS.index(kind) * column,
        float(four_pole) * column,
        torch.full((1, n // HOP + 3), cutoff, dtype=torch.float64),
        q * column,
        SR,
    )[0].numpy()
    expected = noise
    for quality in (q, np.sqrt(0.5)) if four_pole else (q,):
        g = np.tan(np.pi * cutoff / SR)
        numerator = {"lowpass": [0, 0, 1], "bandpass": [0, 1 / quality, 0], "highpass": [1, 0, 0]}
        b, a = scipy.signal.bilinear(numerator[kind], [1, 1 / quality, 1], fs=1 / (2 * g))
        expected = scipy.signal.lfilter(b, a, expected)
    error = np.sqrt(np.mean((filtered - expected) ** 2) / np.mean(expected**2))
    assert error < 1e-3


def test_envelope_stages_follow_the_clock(synth):
    audio = play(
        synth,
        Note(pitch=93, velocity=127, duration=1.0),
        length=2.0,
        osc1_waveform="sine",
        amp_attack=0.1,
        amp_decay=0.2,
        amp_sustain=0.5,
        amp_release=0.3,
    )
    level = np.abs(scipy.signal.hilbert(audio))
    at = lambda seconds: level[round(seconds * SR)]  # noqa: E731
    steady = at(0.8)
    assert at(0.05) == pytest.approx(0.5 * 2 * steady, rel=0.05)
    assert at(0.1) == pytest.approx(2 * steady, rel=0.05)
    assert at(0.2) == pytest.approx((0.5 + 0.5 * 0.5**4) / 0.5 * steady, rel=0.05)
    assert at(1.15) == pytest.approx(0.5**4 * steady, rel=0.1)
    assert np.abs(audio[round(1.31 * SR) :]).max() == 0.0


def test_velocity_and_level_scale_the_sound(synth):
    loud = play(synth, Note(pitch=60, velocity=127))
    soft = play(synth, Note(pitch=60, velocity=64))
    assert soft == pytest.approx(loud * (64 / 127) ** 2, abs=1e-6)
    lower = play(synth, Note(pitch=60, velocity=127), amp_level=-20.0)
    assert lower == pytest.approx(loud / 10, abs=1e-5)


def test_a_chord_is_the_sum_of_its_notes(synth):
    notes = (Note(pitch=60, duration=0.3), Note(pitch=67, onset=0.2, duration=0.4))
    shared = {"noise_level": 0.0, "drive": 12.0, "osc_fm": 1.0, "osc_mix": 0.4}
    both = play(synth, *notes, **shared)
    alone = [play(synth, note, **shared) for note in notes]
    assert np.abs(both - sum(alone)).max() < 1e-6
    assert np.abs(alone[1][: round(0.2 * SR)]).max() == 0.0


def test_modulation_is_heard(synth):
    note = Note(pitch=69, velocity=127, duration=1.0)
    steady = play(synth, note, osc1_waveform="sine")
    vibrato = play(synth, note, osc1_waveform="sine", lfo_pitch=1.0, lfo_rate=5.0)
    phase = np.unwrap(np.angle(scipy.signal.hilbert(vibrato)))[4410:39_690]
    cents = 1200 * np.log2(np.diff(phase) * SR / (2 * np.pi) / 440)
    assert np.percentile(cents, 98) == pytest.approx(100, abs=8)
    assert np.percentile(cents, 2) == pytest.approx(-100, abs=8)
    tremolo = play(synth, note, osc1_waveform="sine", lfo_amp=1.0, lfo_rate=4.0)
    level = np.abs(scipy.signal.hilbert(tremolo))[4410:39_690]
    assert level.min() < 0.02 < 0.9 < level.max()
    assert np.abs(scipy.signal.hilbert(steady))[4410:39_690].min() > 0.9
    for change in (
        {"lfo_filter": 3.0, "filter_cutoff": 500.0},
        {"filter_envelope": 4.0, "filter_cutoff": 500.0},
        {"pitch_envelope": 12.0},
        {"osc_fm": 3.0},
        {"drive": 30.0},
        {"noise_level": 0.5},
        {"osc_mix": 1.0, "osc2_semitones": 7},
        {"osc1_octave": 1},
        {"osc1_width": 0.1, "osc1_waveform": "pulse"},
    ):
        base = {k: v for k, v in change.items() if k in ("filter_cutoff", "osc1_waveform")}
        assert np.abs(play(synth, note, **change) - play(synth, note, **base)).max() > 0.05, change


def test_gradients_agree_with_finite_differences():
    """Checked for every continuous parameter, where the sound is smooth in it."""
    synth = Subtractive(dtype=torch.float64)
    performance = Performance(notes=(Note(pitch=45, duration=0.12),), length=0.2, sr=8000)
    space = synth.space
    rng = np.random.default_rng(4)
    row = space.values(
        [
            {
                "osc_fm": 1.0,
                "noise_level": 0.2,
                "drive": 6.0,
                "lfo_pitch": 0.5,
                "lfo_filter": 1.0,
                "lfo_amp": 0.3,
                "lfo_fade": 0.05,
                "pitch_envelope": 3.0,
                "pitch_decay": 0.3,
                "filter_envelope": 2.0,
                "filter_cutoff": 600.0,
                "filter_decay": 0.5,
                "filter_attack": 0.0217,
                "amp_attack": 0.0213,
                "amp_decay": 0.3,
                "amp_release": 0.3,
                "osc1_waveform": "pulse",
                "osc2_waveform": "pulse",
                "osc_mix": 0.4,
            }
        ]
    )
    values = torch.tensor(row, requires_grad=True)
    weight = torch.tensor(rng.standard_normal((1, 1, performance.samples)))

    def loss(v):
        return (synth.audio(v, performance) * weight).sum()

    (gradient,) = torch.autograd.grad(loss(values), values)
    for position in np.flatnonzero(space.levels == 0):
        step = torch.zeros_like(values)
        step[0, position] = 1e-6
        with torch.no_grad():
            difference = float((loss(values + step) - loss(values - step)) / 2e-6)
        name = space.names[position]
        assert difference != 0.0, name
        assert float(gradient[0, position]) == pytest.approx(difference, rel=1e-3, abs=1e-4), name
