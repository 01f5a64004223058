from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patchwright import compiled
from patchwright.experiments.recordings.pitch import PitchEstimate, estimate_pitch
from patchwright.experiments.recordings.recording import read_recording
from tests.sizes import size

TARGETS = Path(__file__).parents[3] / "experiments" / "targets"
SR = 44_100
NOTES = (28, 36, 45, 57, 69, 81, 93, 96, 100)


def frequency(note: float | np.ndarray) -> float | np.ndarray:
    return 440.0 * 2.0 ** ((note - 69) / 12)


def tone(shape: str, f0: float, seconds: float = 0.4, sr: int = SR) -> np.ndarray:
    """A band-limited wave, `[t]`."""
    time = np.arange(round(seconds * sr)) / sr
    harmonics = np.arange(1, int(0.47 * sr / f0) + 1)
    weights = {
        "sine": harmonics == 1,
        "saw": 1 / harmonics,
        "square": (harmonics % 2) / harmonics,
        "pulse": np.sin(0.2 * np.pi * harmonics) / harmonics,
    }[shape]
    wave = np.sin(2 * np.pi * f0 * time[:, None] * harmonics) @ weights
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.mark.parametrize("shape", ["sine", "saw", "square", "pulse"])
def test_synthetic_notes_from_bass_to_treble_are_named(shape: str) -> None:
    estimates = [estimate_pitch(tone(shape, frequency(note)), SR) for note in NOTES]
    assert [estimate.note for estimate in estimates] == list(NOTES)
    assert max(abs(estimate.cents) for estimate in estimates) < 10
    assert min(estimate.voiced for estimate in estimates) > 0.8
    assert not any(estimate.inharmonic for estimate in estimates)


@pytest.mark.parametrize(
    ("name", "note", "tolerance"),
    [("trumpet_c4", 60, 5), ("clarinet_c4", 60, 5), ("synth_bass_c2", 36, 5), ("bell_c5", 72, 20)],
)
def test_recorded_notes_are_named_in_their_octave(name: str, note: int, tolerance: float) -> None:
    audio, sr = soundfile.read(TARGETS / f"{name}.flac", dtype="float32")
    estimate = estimate_pitch(audio, sr)
    assert estimate.note == note
    assert abs(estimate.cents) < tolerance
    assert estimate.voiced > 0.9
    assert not estimate.inharmonic


def test_cents_tell_a_detuned_note() -> None:
    f0 = frequency(60.3)
    estimate = estimate_pitch(tone("saw", f0), SR)
    assert estimate.note == 60
    assert estimate.cents == pytest.approx(30, abs=1)
    assert estimate.f0 == pytest.approx(f0, rel=1e-3)


@pytest.mark.parametrize("sr", [8_000, 22_050, 96_000])
def test_the_sample_rate_does_not_change_the_pitch(sr: int) -> None:
    assert estimate_pitch(tone("saw", 220.0, sr=sr), sr).f0 == pytest.approx(220.0, rel=1e-3)


def test_noise_behind_a_note_does_not_change_it() -> None:
    note = tone("saw", 220.0)
    noise = 0.05 * np.random.default_rng(1).standard_normal(len(note)).astype(np.float32)
    assert estimate_pitch(note + noise, SR).note == 57


@pytest.mark.parametrize("note", [45, 57, 69])
def test_a_vibrato_of_a_semitone_each_way_does_not_change_it(note: int) -> None:
    time = np.arange(SR) / SR
    phase = 2 * np.pi * np.cumsum(frequency(note + np.sin(2 * np.pi * 5.7 * time))) / SR
    audio = sum(np.sin(k * phase) / k for k in range(1, 13))
    estimate = estimate_pitch(0.3 * audio.astype(np.float32), SR)
    assert (estimate.note, estimate.inharmonic) == (note, False)


# bells and other sounds whose partials are not harmonics

BELL = (0.5, 1.0, 1.19, 1.5, 2.0, 2.74, 3.0, 4.07)
DECAYS = (3.0, 2.0, 1.2, 0.8, 0.8, 0.5, 0.5, 0.4)


def bell(
    note: float,
    amplitudes: tuple[float, ...] = (1.0,) * 8,
    decays: tuple[float, ...] = (0.8,) * 8,
    ratios: tuple[float, ...] = BELL,
    seconds: float = 0.6,
) -> np.ndarray:
    """A bell whose strike note is a MIDI note, `[t]`."""
    time = np.arange(round(seconds * SR)) / SR
    wave = sum(
        amplitude * np.exp(-time / decay) * np.sin(2 * np.pi * frequency(note) * ratio * time + k)
        for k, (ratio, amplitude, decay) in enumerate(zip(ratios, amplitudes, decays, strict=True))
    )
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


@settings(max_examples=size(200, 4), deadline=None, derandomize=True)
@given(
    note=st.integers(48, 84),
    amplitudes=st.tuples(*[st.floats(0.3, 1.0)] * 8),
    decays=st.sampled_from([(0.8,) * 8, DECAYS]),
)
@example(note=60, amplitudes=(1.0,) * 8, decays=(0.8,) * 8)
@example(note=60, amplitudes=tuple(1 / k for k in range(1, 9)), decays=(0.8,) * 8)
@example(note=60, amplitudes=(1.0, 0.7, 0.5, 0.1, 0.6, 0.2, 0.2, 0.2), decays=DECAYS)
def test_a_bell_is_given_its_strike_note_and_called_doubtful(
    note: int, amplitudes: tuple[float, ...], decays: tuple[float, ...]
) -> None:
    estimate = estimate_pitch(bell(note, amplitudes, decays), SR)
    assert (estimate.note, estimate.inharmonic) == (note, True)
    assert abs(estimate.cents) < 10
    assert estimate.voiced < 0.8


@pytest.mark.parametrize("seconds", [0.4, 3.0])
def test_bells_of_other_lengths_and_proportions(seconds: float) -> None:
    ratios = (0.48, 0.98, 1.2, 1.52, 2.0, 2.5, 2.95, 4.2)
    estimate = estimate_pitch(bell(65, ratios=ratios, seconds=seconds), SR)
    assert (estimate.note, estimate.inharmonic) == (65, True)


def test_a_doubtful_pitch_is_said_with_the_option_that_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "bell.wav"
    soundfile.write(path, bell(60), SR)
    recording = read_recording(path)
    assert recording.note == 60
    (warning,) = recording.warnings
    assert "C4 is doubtful" in warning
    assert "--note" in warning
    assert read_recording(path, note=60).warnings == ()


@pytest.mark.parametrize(
    ("orders", "f0"),
    [((3, 4, 5, 6, 7), 110.0), ((1, 3, 5, 7), 110.0), ((2, 3, 4), 220.0), ((1, 7), 220.0)],
    ids=["no fundamental", "odd", "few", "far apart"],
)
def test_harmonics_that_are_missing_are_no_reason_to_doubt(
    orders: tuple[int, ...], f0: float
) -> None:
    time = np.arange(SR) / SR
    audio = sum(np.sin(2 * np.pi * f0 * k * time) for k in orders) / 10
    estimate = estimate_pitch(audio.astype(np.float32), SR)
    assert estimate.f0 == pytest.approx(f0, rel=5e-3)
    assert not estimate.inharmonic


@pytest.mark.parametrize("notes", [(57, 60, 64), (48, 55, 58, 62)])
def test_a_chord_is_no_bell_but_doubtful(notes: tuple[int, ...]) -> None:
    audio = sum(tone("saw", frequency(note), 1.0) for note in notes) / 4
    estimate = estimate_pitch(audio, SR)
    assert estimate.f0 is None or estimate.inharmonic


def test_silence_around_a_note_does_not_count_as_unvoiced() -> None:
    silence = np.zeros(SR // 2, np.float32)
    audio = np.concatenate([silence, tone("saw", 220.0), silence])
    estimate = estimate_pitch(audio, SR)
    assert estimate.note == 57
    assert estimate.voiced > 0.8


def test_the_loudest_part_of_a_long_sound_is_heard() -> None:
    audio = np.concatenate([0.02 * tone("saw", 440.0, 6.0), tone("saw", 220.0, 3.0)])
    assert estimate_pitch(audio, SR).note == 57


@pytest.mark.parametrize("seconds", [0.05, 0.3, 2.0])
def test_white_noise_has_no_pitch(seconds: float) -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal(round(seconds * SR))
    estimate = estimate_pitch(noise.astype(np.float32), SR)
    assert (estimate.f0, estimate.cents, estimate.note) == (None, None, 60)
    assert estimate.voiced < 0.1


def test_digital_silence_has_no_pitch() -> None:
    assert estimate_pitch(np.zeros(SR, np.float32), SR) == PitchEstimate(None, 60, None, 0.0)


def test_a_process_that_was_stopped_holds_nobody_up(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiled, "_PATIENCE", 0.1)
    note = tone("saw", frequency(60))
    with compiled.one_at_a_time(tmp_path / "patchwright" / "pitch"):
        assert estimate_pitch(note, SR).note == 60
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    assert estimate_pitch(note, SR).note == 60
