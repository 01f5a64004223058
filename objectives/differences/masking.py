"""What the parts of a sound excite in the ear, and what they mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOUDEST = 70.0
"""Sound pressure level in dB at which the strongest part of a target is assumed to be played."""


_ROOM = 10.0  # dB, of a third of an octave


def bark(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert frequencies in Hz to Bark, z = 7 asinh(f / 650); same shape."""
    return np.asarray(7.0 * np.arcsinh(hz / 650.0))


def excitation(
    at: NDArray[np.float64], hz: NDArray[np.float64], level: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the excitation by the parts of a sound.

        E(z) = 10 log10 sum_i 10^((L_i + B(z - z_i))/10)                (1)

        B(x) = 15.81 + 7.5 (x + 0.474) - 17.5 sqrt(1 + (x + 0.474)²)    (2)

    L_i and z_i are level and place in Bark of each part.

    Args:
        at: Frequencies in Hz, `[k]`.
        hz: Frequencies of the parts in Hz, `[m]`.
        level: Their levels in dB, `[m]`; 0 is `LOUDEST`.

    Returns:
        Excitation levels in dB on the same scale, `[k]`; very low without parts.

    Source:
        M. Schroeder, B. Atal and J. Hall, Optimizing digital speech coders by exploiting masking
        properties of the human ear, 1979, for (2) and for Bark.
    """
    apart = bark(at)[:, np.newaxis] - bark(hz) + 0.474
    spread = 15.81 + 7.5 * apart - 17.5 * np.sqrt(1.0 + apart**2)
    powers = 10.0 ** ((level + spread) / 10.0)
    return np.asarray(10.0 * np.log10(powers.sum(1) + 1e-30))


def masked(
    at: NDArray[np.float64], hz: NDArray[np.float64], level: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the levels below which noise is not heard.

    That is 14.5 + z dB below the excitation of tones, or the threshold in quiet.

    Args:
        at: Frequencies in Hz, `[k]`.
        hz: Frequencies of the tones in Hz, `[m]`.
        level: Their levels in dB, `[m]`; 0 is `LOUDEST`.

    Returns:
        Thresholds in dB on the same scale, `[k]`.

    Source:
        J. Johnston, Transform coding of audio signals using perceptual noise criteria, 1988.
    """
    tones = excitation(at, hz, level - 14.5 - bark(hz))
    return np.asarray(10.0 * np.log10(10.0 ** (tones / 10.0) + 10.0 ** (in_quiet(at) / 10.0)))


def in_quiet(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute thresholds in a quiet room in dB relative to `LOUDEST`; same shape.

    Source:
        E. Terhardt, Calculating virtual pitch, 1979, equation 4; for the room, ITU-R BS.1116-3: a
        listening room has up to NR 15, which is 10 dB in a third of an octave at 1 kHz.
    """
    k = np.maximum(hz, 20.0) / 1000.0
    pressure = 3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4
    return np.asarray(np.maximum(pressure, _ROOM) - LOUDEST)
