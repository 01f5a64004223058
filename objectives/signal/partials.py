"""Partials of a sound, and whether they are those of a note or of a bell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WINDOW = 16_384 / 44_100  # s; partials 11 Hz apart are told apart
_LOWEST, _HIGHEST = 20.0, 10_000.0  # Hz
_FAINTEST = -40.0  # dB relative to the strongest partial
_PROMINENT = 15.0  # dB above the median of the spectrum around
_SOUNDING = 1e-3  # of the power of the loudest window
_AROUND = 50  # bins on each side

_TOLERANCE, _WIDEST = 0.03, 0.2  # of a partial's frequency; of the fundamental
_HARMONIC = 0.65  # share of the amplitude in harmonics
_FULL = 0.5  # share of the harmonics that are there
_MULTIPLES = range(2, 9)

# A. Lehr, Partial groups in the bell sound, J. Acoust. Soc. Am. 79, 2000 (1986); ratios to the
# strike note, which is an octave below the nominal
_BELL = {
    "hum": (0.47, 0.54),
    "prime": (0.95, 1.06),
    "tierce": (1.16, 1.235),
    "quint": (1.45, 1.56),
    "nominal": (1.99, 2.01),
    "tenth": (2.4, 2.8),
    "superquint": (2.9, 3.1),
    "octave nominal": (3.95, 4.3),
}
_BELL_SHARE = 0.7  # of the amplitude in partials of a bell


@dataclass(frozen=True, eq=False)
class Partials:
    """Peaks of the mean spectrum of a sound.

    Attributes:
        hz: Frequencies in Hz, `[k]`, ascending.
        amplitudes: Amplitudes relative to the strongest, `[k]`.
    """

    hz: NDArray[np.float64]
    amplitudes: NDArray[np.float64]

    def harmonic_share(self, f0: float) -> float:
        """Return the share of the amplitude within 3 % of harmonics of a frequency, 0 to 1."""
        total = float(self.amplitudes.sum())
        return float(self.amplitudes[self._harmonic(f0)].sum()) / total if total else 0.0

    def supports(self, f0: float) -> bool:
        """Return whether the partials are harmonics of a frequency, not of a multiple of it."""
        if not len(self.hz):
            return True  # nothing speaks against it
        matched = self._harmonic(f0)
        if self.harmonic_share(f0) < _HARMONIC:
            return False
        orders = np.unique(np.round(self.hz[matched] / f0).astype(np.int64))
        if orders[0] <= 1:
            return True
        full = len(orders) > _FULL * (orders[-1] - orders[0] + 1)
        return bool(full and np.gcd.reduce(orders) == 1)

    def raised(self, f0: float) -> float:
        """Return the lowest multiple of a frequency that the partials support, or itself."""
        return next((m * f0 for m in _MULTIPLES if self.supports(m * f0)), f0)

    def strike_note(self) -> float | None:
        """Return the strike note of a bell in Hz; None if the partials are not those of one."""
        best, strike = _BELL_SHARE * float(self.amplitudes.sum()), None
        for nominal in self.hz:
            ratios = 2.0 * self.hz / nominal
            found = {
                name: (ratios >= low) & (ratios <= high) for name, (low, high) in _BELL.items()
            }
            if not all(found[name].any() for name in ("hum", "prime", "tierce", "nominal")):
                continue
            share = float(self.amplitudes[np.any(list(found.values()), axis=0)].sum())
            if share > best:
                best, strike = share, float(nominal / 2.0)
        return strike

    def _harmonic(self, f0: float) -> NDArray[np.bool_]:
        ratios = self.hz / f0
        orders = np.maximum(1.0, np.round(ratios))
        near: NDArray[np.bool_] = np.abs(ratios - orders) <= np.minimum(
            _TOLERANCE * orders, _WIDEST
        )
        return near


@dataclass(frozen=True, eq=False)
class MeanSpectrum:
    """Power spectrum of a sound.

    Attributes:
        power: Mean power of each bin, `[k]`, from 0 Hz up; 1 is a sine of amplitude 1.
        typical: Median over time of the power of each bin, `[k]`, in which a click does not count;
            of windows within 30 dB of the loudest.
        step: Hz from bin to bin.
    """

    power: NDArray[np.float64]
    typical: NDArray[np.float64]
    step: float

    @property
    def hz(self) -> NDArray[np.float64]:
        """Frequency of each bin, `[k]`."""
        return np.asarray(np.arange(len(self.power)) * self.step, np.float64)

    @property
    def level(self) -> NDArray[np.float64]:
        """Level of each bin in dB, `[k]`."""
        return 10.0 * np.log10(np.maximum(self.power, 1e-20))


def mean_spectrum(audio: NDArray[np.floating[Any]], sr: int) -> MeanSpectrum:
    """Compute the power spectrum of Hann windows of 0.37 s, each a quarter further.

    Args:
        audio: Samples `[t]` or `[c, t]`; powers of channels are averaged, and silence is appended
            to shorter sounds.
        sr: Sample rate in Hz.
    """
    window = round(_WINDOW * sr)
    channels = np.atleast_2d(audio)
    padded = np.pad(channels, ((0, 0), (0, max(0, window - channels.shape[1]))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window, axis=1)[:, :: window // 4]
    shape = np.hanning(window) / (window / 4.0)
    power = np.stack(
        [
            np.mean([np.square(np.abs(np.fft.rfft(channel * shape))) for channel in frame], 0)
            for frame in frames.swapaxes(0, 1)
        ]
    )
    whole = power.sum(1)
    sounding = whole >= _SOUNDING * whole.max()
    return MeanSpectrum(power.mean(0), np.median(power[sounding], axis=0), sr / window)


def background(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of a spectrum `[k]` around each bin, 135 Hz to each side, `[k]`.

    That is the noise between partials: they are too narrow to change a median.
    """
    from scipy.ndimage import median_filter  # here, because it is slow to import

    return np.asarray(median_filter(power, size=2 * _AROUND + 1, mode="mirror"))


def find_partials(audio: NDArray[np.floating[Any]], sr: int) -> Partials:
    """Find the partials of a sound.

    Args:
        audio: Samples `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Peaks of the mean power spectrum between 20 Hz and 10 kHz that are within 40 dB of the
        strongest, and 15 dB above the median of the spectrum around them.
    """
    return peaks(mean_spectrum(audio, sr))


def peaks(spectrum: MeanSpectrum) -> Partials:
    """Find the partials in a mean spectrum, as `find_partials` does."""
    level, step = spectrum.level, spectrum.step
    median = 10.0 * np.log10(np.maximum(background(spectrum.power), 1e-20))
    top = min(round(_HIGHEST / step), len(level) - 1)
    bins = np.arange(max(1, round(_LOWEST / step)), top)
    here, left, right = level[bins], level[bins - 1], level[bins + 1]
    kept = (here > left) & (here >= right) & (here > here.max() + _FAINTEST)
    kept &= here > median[bins] + _PROMINENT
    here, left, right = here[kept], left[kept], right[kept]
    position = bins[kept] + 0.5 * (left - right) / (left - 2.0 * here + right)  # of a parabola
    strongest = here.max(initial=-200.0)
    return Partials(position * step, 10.0 ** ((here - strongest) / 20.0))
