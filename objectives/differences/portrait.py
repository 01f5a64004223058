"""What is measured of one sound before it is compared with another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len

from patchwright.objectives.differences.modulation import (
    STILL,
    Modulation,
    find_modulation,
    modulation_at,
)
from patchwright.objectives.distances.pitch import MIN_SR, WINDOW, pitch
from patchwright.objectives.signal.envelope import power_envelope
from patchwright.objectives.signal.loudness import loudness
from patchwright.objectives.signal.partials import (
    MeanSpectrum,
    Partials,
    background,
    mean_spectrum,
    peaks,
)
from patchwright.objectives.signal.spectra import Spectra

_VOICED, _UNVOICED = 0.5, 0.2  # share of the frames with a pitch: it has one, it has none
_VIBRATO = (2.5, 12.0)  # Hz
_MOVING = 5.0  # cents of deviation, from which a pitch is steadied
_NEAR, _WIDEST = 0.012, 0.2  # a harmonic's distance: of its frequency, of f0
_STEPS = np.arange(-100.0, 101.0, 5.0)  # cents around YIN's pitch
_MULTIPLES, _NEARLY = range(8, 1, -1), 0.9  # share of the partials
_HARMONIC = 0.65  # share of the partials, without which a pitch is not clear
_JUMP = 300.0  # cents from the median, where another octave was heard
_SOUNDING = 1e-3  # of the greatest power of a frame: -30 dB
_ENVELOPE = (0.01, 0.001)  # s: window and hop
_FEWEST = 8  # frames of a pitch to steady
_OVERSAMPLED = 4  # for linear interpolation


@dataclass(frozen=True)
class Tone:
    """Pitch of a note.

    Attributes:
        f0: Median fundamental frequency in Hz; None if it is not clear.
        absent: Whether the sound clearly has no pitch.
    """

    f0: float | None
    absent: bool


@dataclass(frozen=True, eq=False)
class _Track:
    """Pitch over time.

    Attributes:
        median: Median pitch in octaves above 1 Hz.
        share: Share of the sounding frames with a pitch.
        cents: Deviations from the median in frames with a pitch, `[k]`.
        times: Times of these frames in seconds, `[k]`.
    """

    median: float
    share: float
    cents: NDArray[np.float64]
    times: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Portrait:
    """A sound with what is measured of it, each once and on demand.

    Attributes:
        audio: Samples `[c, t]`, float64.
        sr: Sample rate in Hz.
    """

    audio: NDArray[np.float64]
    sr: int

    @cached_property
    def spectra(self) -> Spectra:
        """The sound as a batch of one."""
        return Spectra(torch.from_numpy(self.audio[np.newaxis].copy()), self.sr)

    @cached_property
    def loudness(self) -> float:
        """Integrated loudness in LUFS; -70 for silence."""
        return float(loudness(self.spectra.audio, self.sr))

    @cached_property
    def length(self) -> float:
        """Seconds until the amplitude stays 30 dB below its maximum; what follows may be noise."""
        power, hop = self.envelope(*_ENVELOPE)
        return float(np.flatnonzero(power >= _SOUNDING * power.max())[-1]) * hop

    def envelope(self, window: float, hop: float) -> tuple[NDArray[np.float64], float]:
        """Return powers `[frames]` of windows, and the hop; see `power_envelope`."""
        power, step = power_envelope(self.spectra, window, hop)
        return power[0].numpy(), step

    @cached_property
    def spectrum(self) -> MeanSpectrum:
        """Mean power spectrum of the channels, with the pitch held still.

        A vibrato would smear high partials, which would look like noise. The sound is resampled
        along its pitch if that makes the spectrum sharper.
        """
        plain = mean_spectrum(self.audio, self.sr)
        track = self._track
        if not self.followed or len(track.cents) < _FEWEST or np.std(track.cents) < _MOVING:
            return plain
        steady = mean_spectrum(_steadied(self.audio, self.sr, track), self.sr)
        return max(plain, steady, key=_sharpness)

    @cached_property
    def noise(self) -> NDArray[np.float64]:
        """Power between partials in each bin of the typical spectrum, `[k]`."""
        return background(self.spectrum.typical)

    @cached_property
    def mean_noise(self) -> NDArray[np.float64]:
        """Power between partials in each bin of the mean spectrum, `[k]`."""
        return background(self.spectrum.power)

    @cached_property
    def partials(self) -> Partials:
        """Partials of the mean spectrum."""
        return peaks(self.spectrum)

    @cached_property
    def tone(self) -> Tone:
        """Pitch and vibrato, by the frames of `f0` and checked by the partials."""
        track = self._track
        if not self.followed:
            return Tone(None, track.share < _UNVOICED)
        f0 = self._simplest(self._nearby(2.0**track.median))
        every = float(np.sqrt(self.partials.amplitudes).sum())
        return Tone(f0 if self.weight(f0) >= _HARMONIC * every else None, False)

    @property
    def followed(self) -> bool:
        """Whether a pitch can be followed through the sound, as also that of a bell's hum."""
        return self._track.share >= _VOICED

    @cached_property
    def vibrato(self) -> Modulation:
        """Movement of the pitch, in cents; none where hardly half of the frames have one."""
        if not self.followed:
            return STILL
        return _unsmoothed(find_modulation(self._track.cents, self._track.times, *_VIBRATO))

    def vibrato_at(self, rate: float) -> Modulation:
        """Return the movement of the pitch at a rate in Hz, in cents."""
        return _unsmoothed(modulation_at(rate, self._track.cents, self._track.times))

    def harmonics(self, f0: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the orders of partials near harmonics of a pitch, and their places, `[k]` each."""
        orders = np.maximum(np.round(self.partials.hz / f0), 1.0)
        near = np.abs(self.partials.hz / f0 - orders) < np.minimum(_NEAR * orders, _WIDEST)
        places = np.flatnonzero(near)
        return orders[places].astype(np.int64), places

    def weight(self, f0: float) -> float:
        """Sum the roots of the amplitudes of the harmonics of a pitch."""
        return float(np.sqrt(self.partials.amplitudes[self.harmonics(f0)[1]]).sum())

    def _nearby(self, f0: float) -> float:
        """Return the pitch of most partials; a strong foreign one draws YIN away from it."""
        tried = f0 * 2.0 ** (_STEPS / 1200.0)
        weights = np.array([self.weight(hz) for hz in tried])
        best = weights >= 0.999 * weights.max()
        return float(tried[best][np.argmin(np.abs(_STEPS[best]))])

    def _simplest(self, f0: float) -> float:
        """Return the greatest multiple of a pitch that explains nearly as many partials.

        One foreign partial may be a harmonic of a fraction of the pitch that all others have.
        """
        whole = self.weight(f0)
        for multiple in _MULTIPLES:
            if self.weight(multiple * f0) >= _NEARLY * whole:
                return multiple * f0
        return f0

    @cached_property
    def _track(self) -> _Track:
        """Pitch over time of the louder channel, without jumps of octaves."""
        window = round(WINDOW * self.sr)
        louder = self.audio[int(np.argmax(np.square(self.audio).sum(1)))]
        if self.sr < MIN_SR or len(louder) < 2 * window:
            return _Track(0.0, 0.0, np.empty(0), np.empty(0))
        sound = Spectra(torch.from_numpy(louder[np.newaxis, np.newaxis].copy()), self.sr)
        octaves, voiced = (part[0].numpy() for part in pitch(sound))
        hop = window // 2
        frames = np.lib.stride_tricks.sliding_window_view(louder, 2 * window)[::hop]
        power = np.square(frames).mean(1)[: len(octaves)]
        sounding = power > _SOUNDING * power.max()
        voiced = voiced & sounding
        share = float(voiced.sum() / max(int(sounding.sum()), 1))
        if not voiced.any():
            return _Track(0.0, share, np.empty(0), np.empty(0))
        median = float(np.median(octaves[voiced]))
        cents = 1200.0 * (octaves - median)
        kept = voiced & (np.abs(cents) < _JUMP)
        # YIN compares a window with the one a period later; its pitch is that of their middle
        times = (np.arange(len(octaves)) * hop + 0.5 * window) / self.sr + 0.5 * 2.0**-median
        return _Track(median, share, cents[kept], times[kept])


def _unsmoothed(moved: Modulation) -> Modulation:
    """Undo that a frame averages a movement over its window."""
    return replace(moved, depth=moved.depth / float(np.sinc(moved.rate * WINDOW)))


def _steadied(audio: NDArray[np.float64], sr: int, track: _Track) -> NDArray[np.float64]:
    """Resample sounds `[c, t]` so that the pitch stays at its median: `[c, about t]`."""
    samples = audio.shape[1]
    cents = _sharpened(track)(np.arange(samples) / sr)
    passed = np.concatenate([[0.0], np.cumsum(2.0 ** (cents / 1200.0))])  # samples at the median
    wanted = np.interp(np.arange(int(passed[-1])), passed, np.arange(samples + 1.0))
    n_fft: int = next_fast_len(samples + sr // 10, real=True)
    finer = np.fft.irfft(np.fft.rfft(audio, n_fft), _OVERSAMPLED * n_fft) * _OVERSAMPLED
    places = np.arange(finer.shape[1]) / _OVERSAMPLED
    return np.stack([np.interp(wanted, places, channel) for channel in finer])


def _sharpened(track: _Track) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return a function from times to cents, without the smoothing by the window of a frame."""
    from scipy.interpolate import make_interp_spline  # here, because it is slow to import

    hop = 0.5 * WINDOW
    times = np.arange(track.times[0], track.times[-1] + 0.5 * hop, hop)
    cents = np.interp(times, track.times, track.cents)
    padded = np.pad(cents, len(cents), mode="reflect", reflect_type="odd")
    spectrum = np.fft.rfft(padded)
    rates = np.fft.rfftfreq(len(padded), hop)
    spectrum /= np.where(rates <= _VIBRATO[1], np.sinc(rates * WINDOW), 1.0)
    sharp = np.fft.irfft(spectrum, len(padded))[len(cents) : 2 * len(cents)]
    spline = make_interp_spline(times, sharp)
    return lambda at: np.asarray(spline(np.clip(at, times[0], times[-1])))


def _sharpness(spectrum: MeanSpectrum) -> float:
    """Return how much of a spectrum is in few bins: 1 / number of bins with all power."""
    return float(np.square(spectrum.power).sum() / max(spectrum.power.sum() ** 2, 1e-300))
