"""Single notes as a batch, on which changes are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import next_fast_len

from patchwright.synths.parameters import Array

_SOUNDING = 10.0 ** (-30.0 / 20.0)
_WINDOW = 0.02  # s; shorter than a tremolo, longer than two periods of a bass


@dataclass(frozen=True, eq=False)
class Notes:
    """Mono sounds of one length.

    Attributes:
        names: Names of the `n` sounds.
        audio: Samples, `[n, t]`, float64.
        f0: Fundamental frequencies in Hz, `[n]`; NaN for a sound without a clear pitch, of which
            changes of its partials make NaN.
        sr: Sample rate in Hz.
    """

    names: tuple[str, ...]
    audio: Array
    f0: Array
    sr: int

    def __len__(self) -> int:
        return len(self.names)

    @property
    def times(self) -> Array:
        """Time of each sample in seconds, `[t]`."""
        return np.asarray(np.arange(self.audio.shape[1]) / self.sr)

    @property
    def level(self) -> Array:
        """Root mean square of each sound, `[n, 1]`."""
        return rms(self.audio)

    def envelope(self) -> Array:
        """Return the root mean square of the 20 ms around each sample, `[n, t]`."""
        window = max(1, round(_WINDOW * self.sr))
        power = np.pad(np.square(self.audio), ((0, 0), (window // 2 + 1, window - window // 2)))
        sums = power.cumsum(axis=1)[:, : self.audio.shape[1] + window]
        power = (sums[:, window:] - sums[:, :-window]) / window
        return np.asarray(np.sqrt(np.maximum(power, 0.0)))

    def lasts(self) -> Array:
        """Return when each sound has fallen by 30 dB for good, in seconds, `[n, 1]`."""
        envelope = self.envelope()
        sounding = envelope >= _SOUNDING * envelope.max(axis=1, keepdims=True)
        last = sounding.shape[1] - np.argmax(sounding[:, ::-1], axis=1)
        return np.asarray(last[:, np.newaxis] / self.sr)

    def centroid(self) -> Array:
        """Return the centre of each power spectrum on a logarithmic scale, in Hz, `[n, 1]`."""
        power = np.square(np.abs(np.fft.rfft(self.audio)))[:, 1:]
        octaves = np.log2(np.fft.rfftfreq(self.audio.shape[1], 1.0 / self.sr)[1:])
        return np.asarray(2.0 ** ((power @ octaves) / power.sum(axis=1))[:, np.newaxis])


def amplitude(decibels: float) -> float:
    """Return the factor of amplitudes that a number of dB stands for."""
    return float(10.0 ** (decibels / 20.0))


def rms(audio: Array) -> Array:
    """Return the root mean square of sounds `[n, t]`, `[n, 1]`, above 0."""
    power = np.mean(np.square(audio), axis=1, keepdims=True)
    return np.asarray(np.sqrt(np.maximum(power, np.finfo(float).tiny)))


def peaks(audio: Array) -> Array:
    """Return the largest absolute sample of sounds `[n, t]`, `[n, 1]`."""
    return np.asarray(np.abs(audio).max(axis=1, keepdims=True), np.float64)


def same_level(audio: Array, notes: Notes) -> Array:
    """Scale sounds `[n, t]` to the level of the notes that they were made of."""
    return audio * (notes.level / rms(audio))


def filtered(audio: Array, gains: Array) -> Array:
    """Multiply the spectra of sounds by gains.

    Args:
        audio: Sounds `[n, t]`.
        gains: Factors, real or complex, `[bins]` or `[n, bins]`; as many as `bins_of` has.

    Returns:
        Sounds `[n, t]`; silence around them is assumed.
    """
    n_fft = _n_fft(audio.shape[1])
    filtered = np.fft.irfft(np.fft.rfft(audio, n_fft) * gains, n_fft)
    return np.asarray(filtered[:, : audio.shape[1]])


def bins_of(notes: Notes) -> Array:
    """Return the frequencies in Hz at which `filtered` takes gains, `[bins]`."""
    return np.asarray(np.fft.rfftfreq(_n_fft(notes.audio.shape[1]), 1.0 / notes.sr), np.float64)


def butterworth(ratio: Array, slope: float) -> Array:
    """Return the power that a low-pass of `slope` dB per octave leaves at ratios to its cutoff."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + ratio ** (slope / 10.0 / np.log10(2.0))))


def _n_fft(n_samples: int) -> int:
    return 2 * int(next_fast_len(n_samples, real=True))
