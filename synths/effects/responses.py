"""Impulse responses of the effect `convolution`: made ones, and files of the user's."""

import functools
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patchwright.synths.errors import SynthError

MADE = ("room", "hall", "plate", "cabinet", "telephone")
"""Names of the responses that are made."""

_SR = 44_100  # at which noise is drawn, so that a room sounds the same at every rate
_MOST = 10.0  # seconds of a file that are used
_RATES = (8_000, 192_000)  # Hz
# seconds to fall by 60 dB, seconds before the first echo, and cutoff of its damping in Hz
_ROOMS = {"room": (0.35, 0.003, 6000), "hall": (2.2, 0.02, 4500), "plate": (1.4, 0.0, 12_000)}
_BANDS = {"cabinet": (90, 4500), "telephone": (300, 3400)}  # Hz


def response(name: str, sr: int) -> NDArray[np.float32]:
    """Return an impulse response of energy 1, `[2, t]`.

    Args:
        name: One of `MADE`, or a sound file.
        sr: Sample rate in Hz.

    Raises:
        SynthError: If there is no such file, or it is no sound or silent.
    """
    try:
        changed = 0 if name in MADE else Path(name).stat().st_mtime_ns
    except OSError as error:
        raise SynthError(f"There is no file {name}: name a WAV or FLAC file.") from error
    return _response(name, changed, sr)


@functools.lru_cache(maxsize=16)
def _response(name: str, changed: int, sr: int) -> NDArray[np.float32]:
    """Return a response; `changed` is the time at which its file was written."""
    if name in _BANDS:
        sound = _band(name, sr)
    elif name in _ROOMS:
        sound = _room(name, sr)
    else:
        sound = _file(Path(name), sr)
    energy = np.sqrt((sound**2).sum(axis=1).mean())
    return np.asarray(sound / energy, np.float32)


def checked(path: str) -> str:
    """Return the SHA-256 of a file with a response, in 16 hexadecimal digits, if it can be used.

    Raises:
        SynthError: If it cannot.
    """
    response(path, _SR)
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _room(name: str, sr: int) -> NDArray[np.float64]:
    """Return decaying noise, which differs from side to side (Moorer, 1979)."""
    from scipy.signal import butter, sosfilt  # here, because it is slow to import

    seconds, before, cutoff = _ROOMS[name]
    t = np.arange(round(1.1 * seconds * _SR)) / _SR
    noise = np.random.default_rng(MADE.index(name)).standard_normal((2, len(t)))
    late = noise * 10 ** (-3 * t / seconds)
    damped = sosfilt(butter(1, cutoff, fs=_SR, output="sos"), late)
    # high frequencies also fade sooner than low ones
    fading = 10 ** (-3 * t / seconds)
    whole = 0.5 * damped + 0.5 * fading * late
    return _resampled(np.pad(whole, ((0, 0), (round(before * _SR), 0))), _SR, sr)


def _band(name: str, sr: int) -> NDArray[np.float64]:
    from scipy.signal import butter, sosfilt

    low, high = _BANDS[name]
    band = butter(2, (low, min(high, 0.45 * sr)), "bandpass", fs=sr, output="sos")
    click = np.zeros((2, round(0.05 * sr)))
    click[:, 0] = 1
    return np.asarray(sosfilt(band, click))


def _file(path: Path, sr: int) -> NDArray[np.float64]:
    import soundfile  # here, so that chains are read without it

    try:
        with soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            if file.channels > 2 or not _RATES[0] <= rate <= _RATES[1]:
                raise SynthError(
                    f"{path} has {file.channels} channels at {rate} Hz: give one or two, at "
                    f"{_RATES[0]} to {_RATES[1]} Hz; name a converted file."
                )
            sound = file.read(round(_MOST * rate), dtype="float64", always_2d=True).T
    except (OSError, soundfile.LibsndfileError) as error:
        raise SynthError(
            f"{path} is no sound that can be read: name a WAV or FLAC file."
        ) from error
    if not sound.size or not np.isfinite(sound).all() or not np.abs(sound).max():
        raise SynthError(f"{path} is empty, silent or not finite: name another impulse response.")
    return _resampled(np.broadcast_to(sound, (2, sound.shape[1])), rate, sr)


def _resampled(sound: NDArray[np.float64], before: int, after: int) -> NDArray[np.float64]:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(sound, after, before, axis=1))
