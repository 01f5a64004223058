"""Recorded notes: changes at the threshold have no words, plain ones have the right ones."""

from importlib.resources import files

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, lfilter, sosfiltfilt

from patchwright.objectives.differences import hear_differences
from tests.sizes import size

NOTES = {"trumpet_c4": 261.6, "clarinet_c4": 261.6, "synth_bass_c2": 65.4, "bell_c5": 523.3}
SHORT = size([*NOTES], ["trumpet_c4"])


@pytest.fixture(scope="module", params=SHORT)
def recording(request):
    path = files("patchwright.experiments") / "targets" / f"{request.param}.flac"
    samples, sr = soundfile.read(str(path), always_2d=True)
    return samples[: round(1.7 * sr)].mean(1), sr, NOTES[request.param]


def moved(sound, cents):
    times = np.arange(len(sound)) * 2 ** (cents / 1200)
    return np.interp(times, np.arange(len(sound)), sound, right=0.0)


def vibrated(sound, sr, cents=40, rate=5.5):
    time = np.arange(len(sound)) / sr
    late = (2 ** (cents / 1200) - 1) / (2 * np.pi * rate) * np.sin(2 * np.pi * rate * time)
    return np.interp((time + late) * sr, np.arange(len(sound)), sound)


def tilted(sound, sr, decibels):
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(sound), 1 / sr), 40) / 1000)
    return np.fft.irfft(np.fft.rfft(sound) * 10 ** (decibels * octaves / 20), len(sound))


def noise(sound, decibels):
    power = np.sqrt(np.mean(sound**2)) * 10 ** (decibels / 20)
    return sound + power * np.random.default_rng(0).standard_normal(len(sound))


SMALL = {
    "level": lambda sound, sr, f0: sound * 10 ** (0.8 / 20),
    "pitch": lambda sound, sr, f0: moved(sound, 3),
    "tilt": lambda sound, sr, f0: tilted(sound, sr, 0.25),
    "phase": lambda sound, sr, f0: lfilter([0.6, 1], [1, 0.6], sound),
    "start": lambda sound, sr, f0: np.concatenate([np.zeros(170), sound[:-170]]),
    "noise": lambda sound, sr, f0: noise(sound, -75),
}
PLAIN = {
    "foreign partial": lambda s, sr, f0: (
        s + np.abs(s).max() * 0.3 * np.sin(2 * np.pi * 854 * np.arange(len(s)) / sr)
    ),
    "missing partial": lambda s, sr, f0: sosfiltfilt(
        butter(4, [0.8 * f0, 1.25 * f0], "bandstop", fs=sr, output="sos"), s
    ),
    "pitch": lambda s, sr, f0: moved(s, 50),
    "vibrato": lambda s, sr, f0: vibrated(s, sr),
    "tremolo": lambda s, sr, f0: s * (1 + 0.5 * np.sin(2 * np.pi * 5 * np.arange(len(s)) / sr)),
    "attack": lambda s, sr, f0: s * np.minimum(np.arange(len(s)) / sr / 0.15, 1),
    "balance": lambda s, sr, f0: tilted(s, sr, -4),
    "noise": lambda s, sr, f0: noise(s, -20),
    "level": lambda s, sr, f0: 0.5 * s,
}


@pytest.mark.parametrize("change", SMALL)
def test_a_change_at_the_threshold_has_no_words(recording, change):
    sound, sr, f0 = recording
    found = hear_differences(sound[None], SMALL[change](sound, sr, f0)[None], sr)
    assert [d.text for d in found.heard] == []


@pytest.mark.parametrize("what", PLAIN)
def test_a_plain_change_is_named_among_the_first(recording, what):
    sound, sr, f0 = recording
    if what == "missing partial" and f0 > 500:
        pytest.skip("a bell has no fundamental")
    found = hear_differences(sound[None], PLAIN[what](sound, sr, f0)[None], sr)
    assert what in [d.what for d in found.heard[:2]]
    plainest = next(d for d in found.heard if d.what == what)
    assert plainest.plainness > 2
