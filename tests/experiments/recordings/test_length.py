"""Files whose headers say too little, too much or nothing about how much sound follows."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from patchwright.experiments.errors import ExperimentError
from patchwright.experiments.recordings.sound_file import FileSamples, read_mono, read_samples

SR = 44_100
SECONDS = 2.4


def fading(seconds: float = SECONDS) -> np.ndarray:
    """A note after half a second of silence, so that its MP3 frames differ in size."""
    time = np.arange(round(seconds * SR)) / SR
    harmonics = sum(np.sin(2 * np.pi * 220.0 * k * time) / k for k in range(1, 9))
    return np.where(time < 0.5, 0.0, 0.3 * harmonics * np.exp(-time))


def write_mp3(path: Path, mode: str, *, counted: bool, tag: bytes = b"") -> Path:
    """Write an MP3 file, with or without its first frame, which holds the number of frames."""
    with soundfile.SoundFile(
        path, "w", SR, 1, format="MP3", bitrate_mode=mode, compression_level=0.3
    ) as file:
        file.write(fading())
    content = path.read_bytes()
    kilobits = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)[content[2] >> 4]
    first = 144_000 * kilobits // SR + (content[2] >> 1 & 1)
    assert content[first : first + 2] == b"\xff\xfb"
    path.write_bytes(tag + content[0 if counted else first :])
    return path


def id3(size: int) -> bytes:
    """Return an ID3v2 tag that mentions the name of a Xing frame."""
    head = b"ID3\x04\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return head + b"Info".ljust(size, b"\0")


def write_flac(path: Path, frames: int | None) -> Path:
    """Write a FLAC file whose header promises a number of frames; None for an unknown one."""
    soundfile.write(path, fading(), SR)
    content = bytearray(path.read_bytes())
    content[22:26] = struct.pack(">I", frames or 0)
    path.write_bytes(content)
    return path


def write_wav(
    path: Path,
    subtype: str = "PCM_16",
    *,
    data: int | None = None,
    riff: int | None = None,
    after: bytes = b"",
) -> Path:
    """Write a WAV file with other sizes in its header, and bytes after its samples."""
    soundfile.write(path, fading(), SR, subtype=subtype)
    content = bytearray(path.read_bytes()) + after
    if data is not None:
        at = content.index(b"data") + 4
        content[at : at + 4] = struct.pack("<I", data)
    if riff is not None:
        content[4:8] = struct.pack("<I", riff)
    path.write_bytes(content)
    return path


def refusal(path: Path, **options: float) -> str:
    with pytest.raises(ExperimentError) as caught:
        read_samples(path, **options)
    return str(caught.value)


def seconds(read: FileSamples) -> float:
    return len(read.samples) / read.sr


@pytest.mark.parametrize("mode", ["VARIABLE", "AVERAGE", "CONSTANT"])
@pytest.mark.parametrize("tag", [b"", id3(3000)], ids=["plain", "tagged"])
def test_an_mp3_file_that_does_not_say_its_length_is_read_to_its_end(
    tmp_path: Path, mode: str, tag: bytes
) -> None:
    whole = read_samples(write_mp3(tmp_path / "whole.mp3", mode, counted=True)).samples[:, 0]
    read = read_samples(write_mp3(tmp_path / "a.mp3", mode, counted=False, tag=tag))
    # without the first frame, decoders do not know how much the encoder put before the sound
    assert seconds(read) == pytest.approx(SECONDS, abs=0.05)
    late = int(np.argmax(np.correlate(read.samples[:, 0], whole[20_000:30_000]))) - 20_000
    assert 0 < late < 2500
    assert np.abs(read.samples[late : late + len(whole), 0] - whole)[SR:].max() < 1e-3


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
@pytest.mark.parametrize("counted", [True, False])
def test_a_part_of_an_mp3_file_is_that_of_the_whole(
    tmp_path: Path, mode: str, counted: bool
) -> None:
    path = write_mp3(tmp_path / "a.mp3", mode, counted=counted)
    whole = read_samples(path).samples
    part = read_samples(path, start=0.7, length=0.5).samples
    np.testing.assert_array_equal(part, whole[round(0.7 * SR) : round(1.2 * SR)])


def test_a_flac_file_of_unknown_length_is_read_to_its_end(tmp_path: Path) -> None:
    expected = read_samples(write_flac(tmp_path / "whole.flac", len(fading()))).samples
    path = write_flac(tmp_path / "a.flac", None)
    np.testing.assert_array_equal(read_samples(path).samples, expected)
    part = read_samples(path, start=1.0, length=0.5).samples
    np.testing.assert_array_equal(part, expected[SR : SR + SR // 2])
    rest = read_samples(path, start=1.0, length=5.0).samples
    np.testing.assert_array_equal(rest, expected[SR:])


def test_a_flac_file_that_promises_more_than_it_has_is_cut_off(tmp_path: Path) -> None:
    path = write_flac(tmp_path / "a.flac", 4 * SR)
    assert f"{path} is cut off after 2.40 s" in refusal(path)
    assert seconds(read_samples(path, length=2.0)) == 2.0


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000])
@pytest.mark.parametrize("riff", [None, 0, 0xFFFF_FFFF])
def test_a_wav_file_that_was_streamed_is_read_to_its_end(
    tmp_path: Path, subtype: str, size: int, riff: int | None
) -> None:
    expected = read_samples(write_wav(tmp_path / "whole.wav", subtype)).samples
    read = read_samples(write_wav(tmp_path / "a.wav", subtype, data=size, riff=riff))
    np.testing.assert_array_equal(read.samples, expected)
    assert read.warnings == ()


def test_a_part_of_a_streamed_wav_file_is_read(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", data=0)
    part = read_samples(path, start=1.0, length=0.5).samples
    np.testing.assert_array_equal(part, read_samples(path).samples[SR : SR + SR // 2])


def test_chunks_after_no_samples_are_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(0), SR)
    path.write_bytes(path.read_bytes() + b"LIST\x04\0\0\0INFO" + b"id3 \x03\0\0\0abc\0")
    assert f"{path} contains no audio (0 frames)" in refusal(path)


def test_a_wav_file_that_ends_early_says_how_much_is_missing(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    read = read_samples(path)
    assert seconds(read) == pytest.approx(1.6, abs=0.001)
    assert [warning for warning in read.warnings if "33%" in warning and "a.wav" in warning]


LENGTHLESS: dict[str, Callable[[Path], Path]] = {
    "a.mp3": lambda path: write_mp3(path, "VARIABLE", counted=False),
    "a.flac": lambda path: write_flac(path, None),
    "a.wav": lambda path: write_wav(path, data=0),
}


@pytest.mark.parametrize("name", LENGTHLESS)
def test_a_start_beyond_the_real_end_names_that_end(tmp_path: Path, name: str) -> None:
    message = refusal(LENGTHLESS[name](tmp_path / name), start=5.0)
    assert "start is 5 s" in message
    assert "only 2.4" in message
    assert "--start" in message


@pytest.mark.parametrize("name", ["a.flac", "a.wav"])
def test_more_than_30_s_of_unknown_length_are_refused_unless_a_part_is_named(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    soundfile.write(path, np.tile(fading(2.0), 16), SR)
    content = bytearray(path.read_bytes())
    at = 22 if name == "a.flac" else content.index(b"data") + 4
    content[at : at + 4] = bytes(4)
    path.write_bytes(content)
    assert "more than 30 s" in refusal(path, start=1.0)
    assert "--length" in refusal(path, start=1.0, length=30.5)
    assert read_mono(path, 40.0)[0].shape == (32 * SR,)
    assert seconds(read_samples(path, start=4.0)) == 28.0
    assert seconds(read_samples(path, length=30.0)) == 30.0
