"""Sounds for reports: data URIs for players, outlines and spectrograms."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from patchwright.experiments.recordings.sound_file import native
from patchwright.objectives import MelConfig, Spectra, STFTConfig
from patchwright.objectives.signal.mel import hz_to_mel, mel_to_hz

PEAK = 0.97
"""Peak of the loudest sound in a page, relative to full scale."""

DYNAMIC_RANGE = 80.0
"""Range of pictures in dB below the loudest point."""

BANDS = 64
_FRAMES = 200
_COLUMNS = 600
_WINDOW = 0.046  # s


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound in memory.

    Attributes:
        audio: Samples `[c, t]`, float64.
        sr: Sample rate in Hz.
    """

    audio: NDArray[np.float64]
    sr: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return float(self.audio.shape[1] / self.sr)

    @property
    def peak(self) -> float:
        """Maximum absolute sample."""
        return float(np.max(np.abs(self.audio)))


def read_sound(path: Path) -> Sound:
    """Read a WAV file.

    Raises:
        ValueError: The file is damaged or empty.
    """
    try:
        samples, sr = soundfile.read(native(path), dtype="float64", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ValueError(str(error)) from error
    if not len(samples):
        raise ValueError("no samples")
    return Sound(np.nan_to_num(samples.T, posinf=0.0, neginf=0.0), int(sr))


def common_gain(*sounds: Sound) -> float:
    """Return the gain that scales the loudest of several sounds to `PEAK`."""
    loudest = max(sound.peak for sound in sounds)
    return PEAK / loudest if loudest > 0 else 1.0


def encode(sound: Sound, gain: float) -> str:
    """Encode a sound for a page.

    Args:
        sound: Sound to encode.
        gain: Factor of the samples; the product must not exceed full scale.

    Returns:
        A 16-bit FLAC file in Base64.
    """
    file = io.BytesIO()
    soundfile.write(file, sound.audio.T * gain, sound.sr, format="FLAC", subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode("ascii")


def outline(sound: Sound, gain: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the outline of a waveform, along its upper edge and back along its lower edge.

    Returns:
        Seconds and samples of the closed line, `[2k]` each.
    """
    n = sound.audio.shape[1]
    starts = np.unique(np.linspace(0, n, min(_COLUMNS, n), endpoint=False).astype(np.int64))
    upper = np.maximum.reduceat(sound.audio.max(axis=0), starts) * gain
    lower = np.minimum.reduceat(sound.audio.min(axis=0), starts) * gain
    times = (starts + np.diff(starts, append=n) / 2) / sound.sr
    line = np.concatenate([upper, lower[::-1]])
    return np.concatenate([times, times[::-1]]).astype(np.float32), line.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Picture:
    """A coarse mel spectrogram.

    Attributes:
        power: Mean power of the channels, `[BANDS, k]`.
        times: Times of the columns in seconds, `[k]`.
    """

    power: NDArray[np.float64]
    times: NDArray[np.float64]

    def decibels(self, reference: float) -> NDArray[np.int8]:
        """Return levels in whole dB relative to a power, `[BANDS, k]`, from -`DYNAMIC_RANGE` up."""
        with np.errstate(divide="ignore"):
            level = 10 * np.log10(self.power / reference)
        whole: NDArray[np.int8] = np.rint(np.clip(level, -DYNAMIC_RANGE, 0)).astype(np.int8)
        return whole


def picture(sound: Sound) -> Picture:
    """Compute the mel spectrogram of a sound in at most `_FRAMES` columns."""
    n_fft = 2 ** round(np.log2(_WINDOW * sound.sr))
    hop = n_fft // 8
    config = MelConfig(STFTConfig(n_fft, hop, n_fft, "constant"), BANDS)
    audio = torch.from_numpy(sound.audio[np.newaxis])
    power = Spectra(audio, sound.sr).mel_power(config)[0].mean(dim=0).numpy().T
    joined = -(-power.shape[1] // _FRAMES)  # frames that share a column
    starts = np.arange(0, power.shape[1], joined)
    widths = np.diff(starts, append=power.shape[1])
    times = (starts + (joined - 1) / 2) * hop / sound.sr
    return Picture(np.add.reduceat(power, starts, axis=1) / widths, times)


def band_centres(sr: int) -> NDArray[np.float64]:
    """Return the centres of the mel bands in Hz, `[BANDS]`."""
    return mel_to_hz(np.linspace(0.0, _top(sr), BANDS + 2)[1:-1])


def band_position(hz: float, sr: int) -> float:
    """Return the position of a frequency in bands; 0 is the centre of the lowest."""
    return float(hz_to_mel(np.array([hz]))[0] / _top(sr) * (BANDS + 1) - 1)


def _top(sr: int) -> float:
    return float(hz_to_mel(np.array([sr / 2]))[0])
