"""A sinusoidal movement in a track of pitch or level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEP = 0.1  # Hz between the rates that are tried
_CYCLES = 3.0  # fewest cycles in a track
_EXPLAINED = 0.5  # least share of the variance around the trend
_TREND = 3  # degree of the polynomial


@dataclass(frozen=True)
class Modulation:
    """A sinusoid in a track: depth sin(2 pi rate t + phase).

    Attributes:
        rate: Frequency in Hz; 0 for none.
        depth: Amplitude in the unit of the track; 0 for none.
        phase: Phase at time 0 in radians.
    """

    rate: float = 0.0
    depth: float = 0.0
    phase: float = 0.0


STILL = Modulation()
"""No movement."""


def find_modulation(
    track: NDArray[np.float64], times: NDArray[np.float64], low: float, high: float
) -> Modulation:
    """Find the sinusoid that explains most of a track.

    A cubic polynomial and a sinusoid are fitted by least squares, for every tenth of a hertz.

    Args:
        track: Values `[k]`.
        times: Times of the values in seconds, `[k]`, ascending.
        low: Lowest rate in Hz.
        high: Highest rate in Hz.

    Returns:
        The sinusoid; none if it explains less than half of the variance around the polynomial, or
        if the track has fewer than three of its cycles.
    """
    span = float(times[-1] - times[0]) if len(times) > 2 * (_TREND + 3) else 0.0
    lowest = max(low, _CYCLES / span) if span > 0.0 else high + 1.0
    rates = np.arange(np.ceil(lowest / _STEP), np.floor(high / _STEP) + 1.0) * _STEP
    if not len(rates):
        return STILL
    a, b, explained = _fitted(track, times, rates)
    best = int(np.argmax(explained))
    if explained[best] < _EXPLAINED:
        return STILL
    return _modulation(rates[best], a[best], b[best])


def modulation_at(
    rate: float, track: NDArray[np.float64], times: NDArray[np.float64]
) -> Modulation:
    """Fit a sinusoid of known rate to a track `[k]`, however little it explains."""
    if len(times) <= 2 * (_TREND + 3):
        return STILL
    a, b, _ = _fitted(track, times, np.array([rate]))
    return _modulation(rate, a[0], b[0])


def _modulation(rate: float, a: float, b: float) -> Modulation:
    return Modulation(float(rate), float(np.hypot(a, b)), float(np.arctan2(b, a)))


def _fitted(
    track: NDArray[np.float64], times: NDArray[np.float64], rates: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Fit polynomial and a sin(2 pi rate t) + b cos(2 pi rate t) for each rate `[r]`.

    Returns:
        a and b, `[r]` each, and the share of the variance around the polynomial that they explain,
        `[r]`.
    """
    place = (times - times.mean()) / (times[-1] - times[0])
    basis = np.linalg.qr(np.vander(place, _TREND + 1))[0]

    def without_trend(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(rows - (rows @ basis) @ basis.T)

    around = without_trend(track)
    angles = 2.0 * np.pi * rates[:, np.newaxis] * times
    sine, cosine = without_trend(np.sin(angles)), without_trend(np.cos(angles))
    # the normal equations of the two amplitudes, for all rates at once
    ss, cc, sc = ((x * y).sum(1) for x, y in ((sine, sine), (cosine, cosine), (sine, cosine)))
    s, c = sine @ around, cosine @ around
    determinant = np.maximum(ss * cc - sc**2, 1e-12)
    a, b = (cc * s - sc * c) / determinant, (ss * c - sc * s) / determinant
    return a, b, (a * s + b * c) / max(float(around @ around), 1e-9 * len(track))
