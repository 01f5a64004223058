"""Onset and held time above direct current and noise; every file is a note of known place."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from patchwright.experiments.recordings.background import offset
from patchwright.experiments.recordings.recording import Recording, read_recording
from tests.sizes import size

TARGETS = Path(__file__).parents[3] / "experiments" / "targets"
SR = 44_100
COLOURS = {"white": 0.0, "pink": 1.0}  # exponents of 1/f in the power


def noise(samples: int, decibels: float, colour: str, seed: int = 0) -> np.ndarray:
    """Noise with an RMS of `decibels` dB, `[t]`."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    hz = np.arange(len(spectrum)) * SR / samples
    spectrum /= np.maximum(hz, 20.0) ** (COLOURS[colour] / 2)
    spectrum[0] = 0.0
    wave = np.fft.irfft(spectrum, samples)
    return 10 ** (decibels / 20) * wave / wave.std()


def hum(samples: int, decibels: float) -> np.ndarray:
    """Hum of the mains with an RMS of `decibels` dB, `[t]`."""
    time = np.arange(samples) / SR
    wave = sum(np.sin(2 * np.pi * 50 * k * time + k) / k for k in (1, 2, 3, 5))
    return 10 ** (decibels / 20) * wave / wave.std()


def note(lead: float, held: float, release: float, tail: float) -> np.ndarray:
    """A note with a peak of 1 after `lead` seconds, `[t]`; it decays in `release` s by 8.7 dB."""
    time = np.arange(round((lead + held + tail) * SR)) / SR - lead
    attack = np.clip(time / 0.005, 0.0, 1.0)
    level = attack * np.exp(-np.maximum(0.0, time - held) / release)
    wave = level * sum(np.sin(2 * np.pi * 220 * k * time) / k**1.5 for k in range(1, 9))
    return wave / np.abs(wave).max()


def read(folder: Path, audio: np.ndarray, **options: float) -> Recording:
    path = folder / "a.wav"
    soundfile.write(path, audio, SR, subtype="FLOAT")
    return read_recording(path, **{"note": 57} | options)


@settings(
    max_examples=size(200, 25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lead=st.floats(0.08, 2.0),
    held=st.floats(0.5, 2.0),
    release=st.floats(0.03, 0.15),
    tail=st.floats(0.6, 1.5),
    level=st.floats(-80.0, -43.0),
    current=st.sampled_from([0.0, 0.002, 0.005, -0.02]),
    colour=st.sampled_from(list(COLOURS)),
)
@example(lead=0.5, held=1.0, release=0.1, tail=0.6, level=-80, current=0.005, colour="white")
@example(lead=0.5, held=1.0, release=0.1, tail=0.6, level=-45, current=0.0, colour="white")
def test_onset_and_held_time_are_found_in_direct_current_and_noise(
    tmp_path: Path,
    lead: float,
    held: float,
    release: float,
    tail: float,
    level: float,
    current: float,
    colour: str,
) -> None:
    audio = note(lead, held, release, tail)
    recording = read(tmp_path, 0.8 * (audio + noise(len(audio), level, colour)) + current)
    assert recording.onset == pytest.approx(lead, abs=0.01)
    assert recording.duration == pytest.approx(held, abs=0.05)


@pytest.mark.parametrize("level", [-55.0, -45.0, -36.0])
def test_hum_before_a_note_is_no_note(tmp_path: Path, level: float) -> None:
    audio = note(0.5, 1.0, 0.05, 0.7)
    recording = read(tmp_path, 0.8 * (audio + hum(len(audio), level)))
    assert recording.onset == pytest.approx(0.5, abs=0.01)
    assert recording.duration == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("colour", COLOURS)
def test_noise_after_a_note_without_silence_before_it_is_no_note(
    tmp_path: Path, colour: str
) -> None:
    audio = note(0.0, 1.0, 0.05, 1.5)
    recording = read(tmp_path, 0.8 * (audio + noise(len(audio), -45.0, colour, seed=1)))
    assert recording.onset == 0.0
    assert recording.duration == pytest.approx(1.0, abs=0.05)
    assert recording.audio.shape[1] / SR < 2.4


@pytest.mark.parametrize("current", [0.005, -0.02])
def test_direct_current_is_removed_and_said(tmp_path: Path, current: float) -> None:
    audio = 0.8 * note(0.3, 0.6, 0.05, 0.6)
    clean, shifted = read(tmp_path, audio), read(tmp_path, audio + current)
    assert clean.warnings == ()
    assert shifted.onset == clean.onset
    np.testing.assert_allclose(shifted.audio, clean.audio, atol=1e-5)
    (warning,) = shifted.warnings
    assert f"{100 * current:+.2g} %" in warning


def test_noise_too_loud_to_hear_the_onset_above_it_is_a_doubt(tmp_path: Path) -> None:
    audio = note(0.5, 1.0, 0.05, 0.7)
    (warning,) = read(tmp_path, 0.8 * (audio + noise(len(audio), -22.0, "white"))).warnings
    assert re.search("2[2-5] dB", warning)  # below the peak, which the noise raises
    assert "doubtful" in warning
    assert "--start and --length" in warning


def steady(seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(seconds * SR)) / SR
    return sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 20)) / 4


def fade(power: float) -> np.ndarray:
    return steady() * np.linspace(0.0, 1.0, SR) ** power


@pytest.mark.parametrize(
    "audio",
    [
        steady(),
        fade(1.0),
        fade(2.0),
        steady() * np.repeat([0.1, 1.0], SR // 2),
        noise(SR, -20, "white"),
        noise(SR, -20, "white") * np.exp(-np.arange(SR) / SR / 0.1),
        steady() * np.exp(-np.arange(SR) / SR / 0.3),
        np.concatenate([np.zeros(SR // 2), steady(), np.zeros(SR // 2)]),
    ],
    ids=["steady", "fade", "square fade", "swell", "noise", "drum", "decay", "silence"],
)
def test_sounds_without_background_are_left_as_they_are(tmp_path: Path, audio: np.ndarray) -> None:
    recording = read(tmp_path, audio)
    first = round(recording.onset * SR)
    kept = audio[first : first + recording.audio.shape[1]].astype(np.float32)
    np.testing.assert_array_equal(recording.audio[0], kept)
    assert np.abs(audio[:first]).max(initial=0.0) < 0.01
    assert np.abs(audio[first + len(kept) :]).max(initial=0.0) < 0.01
    assert recording.warnings == ()


@pytest.mark.parametrize("name", ["trumpet_c4", "clarinet_c4", "synth_bass_c2", "bell_c5"])
def test_clean_recordings_have_neither_background_nor_direct_current(name: str) -> None:
    samples, sr = soundfile.read(TARGETS / f"{name}.flac", dtype="float32")
    recording = read_recording(TARGETS / f"{name}.flac", note=60)
    assert (recording.onset, recording.warnings) == (0.0, ())
    np.testing.assert_array_equal(recording.audio[0], samples[: recording.audio.shape[1]])
    assert offset(samples, sr) == 0.0
