"""The distance between slow amplitude envelopes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.distances.feature import FeatureDistance
from patchwright.objectives.signal.elementwise import modulus
from patchwright.objectives.signal.filtering import filter_spectrum
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import Target

CUTOFF = 10.0
"""Cutoff of the low-pass in Hz."""

MIN_SR = 21
"""Lowest sample rate in Hz that can carry the cutoff."""

_PADDING = 0.4
"""Seconds of silence after the envelope. The filter's response falls as exp(-44 s) per second, so
what wraps around to the other end has fallen by 2e-8, below float32's resolution."""


class Envelope:
    """Mean absolute difference of amplitude envelopes below 10 Hz.

        D = mean |E(X) - E(Y)|,   E = h * |x + i H(x)|

    |x + i H(x)| is the magnitude of the analytic signal (`scipy.signal.hilbert`), and h a
    second-order Butterworth low-pass at 10 Hz, applied forwards and backwards so that it has no
    delay, with silence before and after. The mean is over samples and channels. In the unit of
    the samples. Level counts.

    Blind to: pitch; timbre; phase and polarity; tremolo and attacks quicker than about 50 ms.

    Source:
        The AutoSoundMatch code names the distance (L1 of Hilbert envelopes, 10 Hz low-pass) and
        does not specify the filter; order, direction and ends are the choices above.

    Examples:
        >>> import numpy as np
        >>> from patchwright.objectives import ObjectiveSet, Target
        >>> time = np.arange(8_000, dtype=np.float32)[None] / 8_000
        >>> low, high = (np.sin(2 * np.pi * hz * time) for hz in (200, 2_000))
        >>> scorer = ObjectiveSet([Envelope()], Target(low, 8_000))
        >>> scorer.score(np.stack([high, 0.5 * low])).round(1)
        array([[0. ],
               [0.5]])
    """

    name = "envelope"

    def prepare(self, target: Target) -> FeatureDistance:
        """Compute the target's envelope; targets may have any length.

        Raises:
            ObjectiveError: The sample rate is too low for a 10 Hz low-pass.
        """
        target.require_sample_rate(MIN_SR, name=self.name)
        return FeatureDistance.to(target, envelope)


def envelope(sounds: Spectra) -> Tensor:
    """Compute smoothed amplitude envelopes `[n, c, t]` of sounds `[n, c, t]`."""
    return low_pass(analytic_amplitude(sounds.audio), sounds.sr)


def analytic_amplitude(audio: Tensor) -> Tensor:
    """Compute the magnitude of the analytic signal of audio `[n, c, t]`.

    Returns:
        Magnitudes `[n, c, t]`; their gradient at 0 is 0.
    """
    return modulus(filter_spectrum(audio, _one_sided(audio.shape[-1], audio.dtype, audio.device)))


def low_pass(signal: Tensor, sr: int) -> Tensor:
    """Smooth a signal `[n, c, t]` at `sr` Hz below 10 Hz, without delay; same shape."""
    n_fft: int = next_fast_len(signal.shape[-1] + int(np.ceil(_PADDING * sr)))
    return filter_spectrum(
        signal, _squared_butterworth(n_fft, sr, signal.dtype, signal.device)
    ).real


@lru_cache(maxsize=16)
def _one_sided(n_samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the response of the analytic signal, `[n_samples]`.

    It is 0 at negative frequencies, 2 at positive ones, and 1 at those without a partner (0 Hz
    and, for an even length, half the sample rate).
    """
    response = np.zeros(n_samples)
    response[0] = 1.0
    response[1 : (n_samples + 1) // 2] = 2.0
    if n_samples % 2 == 0:
        response[n_samples // 2] = 1.0
    return torch.from_numpy(response).to(dtype=dtype, device=device)


@lru_cache(maxsize=16)
def _squared_butterworth(n_fft: int, sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the response `[n_fft]` of the filter applied forwards and backwards.

    |H(f)|² = 1 / (1 + (tan(π f / sr) / tan(π f_c / sr))⁴) for `scipy.signal.butter(2, f_c, fs=sr)`,
    whose bilinear transform maps a frequency f to tan(π f / sr).
    """
    frequency = np.fft.fftfreq(n_fft)
    warped = np.tan(np.pi * frequency) / np.tan(np.pi * CUTOFF / sr)
    return torch.from_numpy(1.0 / (1.0 + warped**4)).to(dtype=dtype, device=device)
