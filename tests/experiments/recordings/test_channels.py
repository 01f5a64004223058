"""Mixes that cancel out, and samples above full scale."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from patchwright.experiments.recordings.recording import Recording, read_recording

SR = 44_100


def tone(f0: float = 220.0, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * SR)) / SR
    wave = sum(np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 9))
    return 0.5 * wave / np.abs(wave).max()


def read(path: Path, audio: np.ndarray, subtype: str = "FLOAT") -> Recording:
    soundfile.write(path, audio, SR, subtype=subtype)
    return read_recording(path, note=57, duration=0.4)


@pytest.mark.parametrize(
    ("left", "right", "name"),
    [(1.0, -0.98, "left"), (0.9, -1.0, "right"), (1.0, -1.0, "left"), (-0.5, 0.3, "left")],
)
def test_the_louder_channel_stands_for_a_mix_that_cancels_out(
    tmp_path: Path, left: float, right: float, name: str
) -> None:
    channels = np.stack([left * tone(), right * tone()], axis=1)
    recording = read(tmp_path / "a.wav", channels)
    louder = channels[:, 0 if name == "left" else 1]
    np.testing.assert_array_equal(recording.audio[0], louder.astype(np.float32))
    (warning,) = recording.warnings
    assert "a.wav" in warning
    assert f"only the {name} one" in warning


def test_channels_with_the_same_direct_current_cancel_out_too(tmp_path: Path) -> None:
    audio = np.concatenate([np.zeros(SR // 4), tone(), np.zeros(SR // 4)])
    recording = read(tmp_path / "a.wav", np.stack([audio, -audio], axis=1) + 0.01)
    assert np.abs(recording.audio).max() == pytest.approx(0.5, abs=1e-3)
    assert len(recording.warnings) == 2


@pytest.mark.parametrize(
    "right",
    [np.zeros(SR // 2), tone(), 0.3 * tone(331.0), -0.3 * tone()],
    ids=["one side", "both", "wide", "partly cancelled"],
)
def test_other_channels_are_averaged(tmp_path: Path, right: np.ndarray) -> None:
    channels = np.stack([tone(), right], axis=1).astype(np.float32)
    recording = read(tmp_path / "a.wav", channels)
    np.testing.assert_array_equal(recording.audio[0], channels.mean(axis=1))
    assert recording.warnings == ()


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_integers_stored_as_floats_are_scaled_to_full_scale(tmp_path: Path, bits: int) -> None:
    audio = tone().astype(np.float32)
    recording = read(tmp_path / "a.wav", audio * 2.0 ** (bits - 1))
    np.testing.assert_array_equal(recording.audio[0], audio)
    (warning,) = recording.warnings
    assert f"{bits} bits" in warning
    assert f"{0.5 * 2.0 ** (bits - 1):.5g}" in warning


@pytest.mark.parametrize("power", [40, 128])  # 2^128 is beyond all floats of 32 bits
def test_samples_beyond_all_integers_are_scaled_by_a_power_of_two(
    tmp_path: Path, power: int
) -> None:
    audio = (1.9 * tone()).astype(np.float32)
    recording = read(tmp_path / "a.wav", (np.ldexp(audio.astype(np.float64), power)).astype("f4"))
    np.testing.assert_array_equal(recording.audio[0], audio)
    assert len(recording.warnings) == 1


@pytest.mark.parametrize("peak", [1.5, 7.9])
def test_a_loud_file_of_floats_keeps_its_level_with_a_warning(tmp_path: Path, peak: float) -> None:
    audio = (2.0 * peak * tone()).astype(np.float32)
    recording = read(tmp_path / "a.wav", audio)
    np.testing.assert_array_equal(recording.audio[0], audio)
    (warning,) = recording.warnings
    assert f"{peak}" in warning
    assert "normalise" in warning


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg"])
def test_files_in_full_scale_have_no_warning(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, 2.0 * tone(), SR)  # lossy codecs exceed full scale
    assert read_recording(path, note=57, duration=0.4).warnings == ()
