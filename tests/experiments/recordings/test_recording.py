import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.recording import Recording, read_recording

TARGETS = Path(__file__).parents[3] / "experiments" / "targets"
SR = 44_100


def tone(seconds: float, sr: int = SR, f0: float = 220.0) -> np.ndarray:
    """A note of eight harmonics, `[t]`, with a peak near 0.6."""
    time = np.arange(round(seconds * sr)) / sr
    return 0.4 * sum(np.sin(2 * np.pi * f0 * k * time) / k**1.5 for k in range(1, 9))


def released(hold: float, release: float, tail: float, sr: int = SR) -> np.ndarray:
    """A note held for `hold` seconds that then decays with the time constant `release`."""
    time = np.arange(round((hold + tail) * sr)) / sr
    return tone(hold + tail, sr) * np.exp(-np.maximum(0.0, time - hold) / release)


def noise(seconds: float, decibels: float) -> np.ndarray:
    """White noise with an RMS of `decibels` dBFS."""
    samples = np.random.default_rng(7).standard_normal(round(seconds * SR))
    return 10 ** (decibels / 20) * samples


def write(path: Path, audio: np.ndarray, sr: int = SR, subtype: str | None = None) -> Path:
    soundfile.write(path, audio, sr, subtype=subtype)
    return path


def read(path: Path, **options: float) -> Recording:
    """Read without estimating pitch or duration."""
    return read_recording(path, **{"note": 57, "duration": 1.0} | options)


def refusal(path: Path, **options: float) -> str:
    with pytest.raises(ExperimentError) as caught:
        read_recording(path, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


# reading


@pytest.mark.parametrize(
    ("name", "sr", "channels"),
    [
        ("mono.wav", 8_000, 1),
        ("mono.wav", 22_050, 1),
        ("stereo.wav", 96_000, 2),
        ("stereo.flac", 48_000, 2),
        ("mono.flac", 44_100, 1),
        ("mono.ogg", 22_050, 1),
        ("stereo.ogg", 48_000, 2),
        ("mono.mp3", 48_000, 1),
        ("stereo.mp3", 22_050, 2),
    ],
)
def test_formats_rates_and_channels(tmp_path: Path, name: str, sr: int, channels: int) -> None:
    audio = np.repeat(released(0.4, 0.05, 0.3, sr)[:, None], channels, axis=1)
    path = write(tmp_path / name, audio, sr)
    recording = read_recording(path)
    assert recording.audio.dtype == np.float32
    assert recording.audio.shape[0] == 1
    assert recording.audio.shape[1] / SR == pytest.approx(0.7, abs=0.06)
    assert (recording.sr, recording.file_sr, recording.channels) == (SR, sr, channels)
    assert recording.note == 57
    assert recording.f0 == pytest.approx(220.0, rel=2e-3)
    assert recording.cents == pytest.approx(0, abs=4)
    assert recording.voiced is not None
    assert recording.voiced > 0.7
    assert recording.duration == pytest.approx(0.4, abs=0.06)
    assert recording.path == path
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("sr", [22_050, 48_000])
def test_the_sound_is_resampled_to_the_asked_rate(tmp_path: Path, sr: int) -> None:
    path = write(tmp_path / "a.wav", tone(0.5), subtype="FLOAT")
    recording = read(path, sr=sr)
    assert recording.sr == sr
    expected = tone(0.5, sr)
    middle = slice(sr // 10, 4 * sr // 10)
    assert np.abs(recording.audio[0][middle] - expected[middle]).max() < 1e-3


@pytest.mark.parametrize("gain", [0.01, 1.0, 3.0])
def test_the_level_and_the_samples_are_left_as_they_are(tmp_path: Path, gain: float) -> None:
    audio = (gain * tone(0.5)).astype(np.float32)
    path = write(tmp_path / "a.wav", audio, subtype="FLOAT")
    np.testing.assert_array_equal(read(path).audio, audio[None])


def test_stereo_is_averaged(tmp_path: Path) -> None:
    left, right = tone(0.5), 0.5 * tone(0.5)
    path = write(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT")
    np.testing.assert_allclose(read(path).audio[0], 0.75 * tone(0.5), atol=1e-6)


def test_a_part_of_a_long_file_is_read(tmp_path: Path) -> None:
    audio = np.concatenate([noise(20, -20), tone(1.0), noise(19, -20)])
    path = write(tmp_path / "long.wav", audio, subtype="FLOAT")
    recording = read(path, start=20.0, length=1.0)
    np.testing.assert_array_equal(recording.audio[0], tone(1.0).astype(np.float32))


def test_a_length_beyond_the_end_reads_to_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(1.0))
    assert read(path, start=0.25, length=60.0).audio.shape[1] == pytest.approx(0.75 * SR, abs=3)


def test_reading_twice_is_equal_to_the_bit() -> None:
    first, second = (read_recording(TARGETS / "bell_c5.flac", sr=48_000) for _ in range(2))
    assert first.audio.tobytes() == second.audio.tobytes()
    for name in ("note", "f0", "cents", "voiced", "duration", "onset", "sha256"):
        assert getattr(first, name) == getattr(second, name)


# trimming


@pytest.mark.parametrize("floor", [-60.0, -90.0, -300.0])
def test_the_start_is_trimmed_to_the_onset_above_a_noise_floor(
    tmp_path: Path, floor: float
) -> None:
    audio = noise(1.3, floor)
    audio[round(0.8 * SR) :] += tone(0.5) / np.abs(tone(0.5)).max()
    recording = read(write(tmp_path / "a.wav", audio, subtype="FLOAT"))
    assert 0.794 <= recording.onset <= 0.799  # the note at 0.8 s, less 2 ms and a frame at most
    first = round(recording.onset * SR)
    np.testing.assert_array_equal(recording.audio[0], audio[first:].astype(np.float32))


def test_silence_after_the_sound_is_trimmed_to_50_ms(tmp_path: Path) -> None:
    audio = np.concatenate([tone(0.5), noise(1.0, -80)])
    recording = read(write(tmp_path / "a.wav", audio, subtype="FLOAT"))
    assert recording.audio.shape[1] / SR == pytest.approx(0.55, abs=0.003)


def test_a_decay_is_kept_down_to_70_db_below_the_peak(tmp_path: Path) -> None:
    decay = np.exp(-np.arange(3 * SR) / SR / 0.2)  # -43 dB/s
    recording = read(write(tmp_path / "a.wav", tone(3.0) * decay, subtype="FLOAT"))
    seconds = recording.audio.shape[1] / SR - 0.05
    assert 20 * np.log10(np.exp(seconds / 0.2)) == pytest.approx(65, abs=6)  # in RMS


# pitch


@pytest.mark.parametrize(
    ("name", "note", "seconds"),
    [
        ("trumpet_c4", 60, 1.5),
        ("clarinet_c4", 60, 1.5),
        ("synth_bass_c2", 36, 1.5),
        ("bell_c5", 72, 2.0),  # rings on by itself: there is no release
    ],
)
def test_recorded_notes(name: str, note: int, seconds: float) -> None:
    recording = read_recording(TARGETS / f"{name}.flac")
    assert recording.note == note
    assert recording.duration == pytest.approx(seconds, abs=0.05)


def test_a_given_note_and_duration_are_kept_and_nothing_is_estimated(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "a.wav", tone(0.5)), note=0, duration=7.5)
    assert (recording.note, recording.duration) == (0, 7.5)
    assert (recording.f0, recording.cents, recording.voiced) == (None, None, None)


def test_an_unpitched_sound_says_so(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "a.wav", noise(0.5, -20)))
    assert (recording.f0, recording.cents, recording.note) == (None, None, 60)
    assert recording.voiced is not None
    assert recording.voiced < 0.1


# how long the key was held


@pytest.mark.parametrize("hold", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("release", [0.03, 0.15, 0.4])
@pytest.mark.parametrize("floor", [-300.0, -60.0])
def test_a_release_is_found(tmp_path: Path, hold: float, release: float, floor: float) -> None:
    audio = released(hold, release, 0.6)
    path = write(tmp_path / "a.wav", audio + noise(hold + 0.6, floor), subtype="FLOAT")
    assert read_recording(path, note=57).duration == pytest.approx(hold, abs=0.04)


def test_a_release_after_a_decay_to_a_sustain_is_found(tmp_path: Path) -> None:
    time = np.arange(round(1.5 * SR)) / SR
    audio = released(1.0, 0.1, 0.5) * (0.3 + 0.7 * np.exp(-time / 0.15))
    path = write(tmp_path / "a.wav", audio)
    assert read_recording(path, note=57).duration == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("decay", [0.05, 0.2, 1.0])
def test_a_sound_that_decays_by_itself_counts_as_held(tmp_path: Path, decay: float) -> None:
    audio = tone(2.0) * np.exp(-np.arange(2 * SR) / SR / decay)
    recording = read_recording(write(tmp_path / "a.wav", audio, subtype="FLOAT"), note=57)
    seconds = recording.audio.shape[1] / SR
    assert seconds - 0.051 <= recording.duration <= seconds


def test_a_note_cut_off_while_held_counts_as_held(tmp_path: Path) -> None:
    vibrato = 0.7 + 0.3 * np.sin(2 * np.pi * 5 * np.arange(SR) / SR)
    path = write(tmp_path / "a.wav", tone(1.0) * vibrato)
    assert read_recording(path, note=57).duration == pytest.approx(1.0, abs=0.01)


def test_the_shortest_sound_is_read(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "a.wav", tone(0.06)))
    assert recording.note == 57
    assert recording.duration == pytest.approx(0.06, abs=0.003)


def test_a_click_is_no_note_but_can_be_read(tmp_path: Path) -> None:
    audio = np.zeros(SR)
    audio[1000] = 0.5
    recording = read_recording(write(tmp_path / "a.wav", audio, subtype="FLOAT"))
    assert recording.f0 is None
    assert recording.duration < 0.01


# refusals


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "missing.wav"
    assert f"{path}: check its name" in refusal(path)


def test_a_directory(tmp_path: Path) -> None:
    assert f"{tmp_path} is a directory" in refusal(tmp_path)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(0.5)) / "b.wav"
    assert f"{path} cannot be opened" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert "not a regular file" in refusal(tmp_path / "pipe.wav")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.raw", "a"])
def test_a_text_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("This is not a sound.\n" * 100)
    assert f"{path} is damaged or not a supported sound file" in refusal(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.touch()
    assert f"{path} is empty (0 bytes)" in refusal(path)


def test_a_file_of_no_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.zeros(0))
    assert f"{path} contains no audio (0 frames)" in refusal(path)


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Act as an ordinary user, because root can read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no POSIX permissions here")
def test_a_file_without_the_right_to_read_it() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = write(Path(folder) / "a.wav", tone(0.5))
        path.chmod(0)
        with ordinary_user():
            message = refusal(path)
    assert str(path) in message
    assert "chmod u+r" in message


@pytest.mark.parametrize("level", [0.0, 0.9e-4])
def test_silence(tmp_path: Path, level: float) -> None:
    path = write(tmp_path / "a.wav", level * np.sin(np.arange(SR)), subtype="FLOAT")
    assert "is silent" in refusal(path)


def test_a_faint_note_is_not_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 1.2e-4 * np.sin(np.arange(SR)), subtype="FLOAT")
    assert np.abs(read(path).audio).max() == pytest.approx(1.2e-4, rel=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(tmp_path: Path, value: float) -> None:
    audio = tone(0.5)
    audio[1000] = value
    assert "not finite" in refusal(write(tmp_path / "a.wav", audio, subtype="FLOAT"))


def test_a_sound_too_short(tmp_path: Path) -> None:
    assert "only 10 ms of sound" in refusal(write(tmp_path / "a.wav", tone(0.01)))


def test_a_sound_too_long_is_refused_if_a_start_or_a_length_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.tile(tone(1.0), 31))
    assert "--start 0 --length 2" in refusal(path, start=0.5)
    assert "30.10 s to read, and at most 30 s" in refusal(path, start=0.5, length=30.1)
    assert read(path, start=1.5).audio.shape[1] == pytest.approx(29.5 * SR, abs=100)
    assert read(path, length=30.0).audio.shape[1] == 30 * SR


def test_a_file_far_too_long_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    with soundfile.SoundFile(path, "w", SR, 2, subtype="PCM_16") as file:
        file.write(np.zeros((SR, 2)))
    size = 3600 * SR * 4
    with path.open("r+b") as stream:  # an hour that takes no space on disk
        stream.seek(4)
        stream.write((size + 36).to_bytes(4, "little"))
        stream.seek(40)
        stream.write(size.to_bytes(4, "little"))
        stream.truncate(size + 44)
    assert f"{path} has 3600.00 s" in refusal(path, start=0.0)
    assert "600 s in which a note is looked for" in refusal(path)


def test_too_many_channels(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.zeros((SR, 6)))
    assert f"{path} has 6 channels: mix it down" in refusal(path)


@pytest.mark.parametrize("rate", [4_000, 384_000])
def test_a_file_with_a_sample_rate_out_of_range(tmp_path: Path, rate: int) -> None:
    path = write(tmp_path / "a.wav", tone(0.5, rate), rate)
    assert f"{path} has a sample rate of {rate} Hz" in refusal(path)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3"])
def test_a_file_that_is_cut_off(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, noise(2.0, -20))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "export it again" in refusal(path)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"sr": 7_999}, "between 8000 and 192000 Hz"),
        ({"sr": 192_001}, "between 8000 and 192000 Hz"),
        ({"note": -1}, "between 0 and 127"),
        ({"note": 128}, "between 0 and 127"),
        ({"duration": 0.0}, "The duration is 0 s"),
        ({"duration": np.nan}, "The duration is nan s"),
        ({"length": -1.0}, "The length is -1 s"),
        ({"length": np.inf}, "The length is inf s"),
        ({"start": -0.5}, "start is -0.5 s"),
        ({"start": np.nan}, "start is nan s"),
        ({"start": 0.5}, "only 0.50 s long"),
        ({"start": 9.0, "length": 1.0}, "only 0.50 s long"),
    ],
)
def test_options_out_of_range(tmp_path: Path, options: dict[str, float], part: str) -> None:
    assert part in refusal(write(tmp_path / "a.wav", tone(0.5)), **options)
