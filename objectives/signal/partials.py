"""Partials of a sound, and whether they are those of a note or of a bell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WINDOW, _HOP = 16_384, 4096  # samples of 44.1 kHz; partials 11 Hz apart are told apart
_LOWEST, _HIGHEST = 20.0, 10_000.0  # Hz
_FAINTEST = -40.0  # dB relative to the strongest partial
_PROMINENT = 15.0  # dB above the median of the spectrum around
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


def find_partials(audio: NDArray[np.float32], sr: int) -> Partials:
    """Find the partials of a sound.

    Args:
        audio: Samples `[t]`.
        sr: Sample rate in Hz.

    Returns:
        Peaks of the mean power spectrum between 20 Hz and 10 kHz that are within 40 dB of the
        strongest, and 15 dB above the median of the spectrum around them.
    """
    padded = np.pad(audio, (0, max(0, _WINDOW - len(audio))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.mean([np.square(np.abs(np.fft.rfft(f * np.hanning(_WINDOW)))) for f in frames], 0)
    level = 10.0 * np.log10(np.maximum(power, 1e-20))
    top = round(_HIGHEST * _WINDOW / sr)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(level[: top + _AROUND], (_AROUND, 0), mode="reflect"), 2 * _AROUND + 1
    )
    median = np.median(around, axis=1)
    bins = np.arange(max(1, round(_LOWEST * _WINDOW / sr)), min(top, len(median)) - 1)
    here, left, right = level[bins], level[bins - 1], level[bins + 1]
    kept = (here > left) & (here >= right) & (here > here.max() + _FAINTEST)
    kept &= here > median[bins] + _PROMINENT
    here, left, right = here[kept], left[kept], right[kept]
    position = bins[kept] + 0.5 * (left - right) / (left - 2.0 * here + right)  # of a parabola
    strongest = here.max(initial=-200.0)
    return Partials(position * sr / _WINDOW, 10.0 ** ((here - strongest) / 20.0))
