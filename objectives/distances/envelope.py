"""The distance between slow amplitude envelopes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.objective import target_spectra
from patchwright.objectives.signal.elementwise import modulus
from patchwright.objectives.signal.filtering import filter_spectrum
from patchwright.objectives.signal.spectra import Spectra
from patchwright.objectives.target import ObjectiveError, Target

CUTOFF = 10.0
"""Hz."""

_PADDING = 0.4
"""Seconds of silence after the envelope. The filter's response falls as exp(-44 s) per second, so
what wraps around to the other end has fallen by 2e-8, below float32's resolution."""


class Envelope:
    """Mean absolute difference of amplitude envelopes below 10 Hz.

    The magnitude of the analytic signal (equal to `scipy.signal.hilbert`), smoothed with no delay
    by a second-order Butterworth low-pass at 10 Hz that is run forwards and backwards, with
    silence before and after; then averaged over samples and channels. In the samples' own unit.

    Blind to pitch and to timbre: any two sounds that swell and fade alike are one. Blind to
    tremolo and attacks quicker than some 50 ms, and to polarity. Level counts.

    Source:
        The AutoSoundMatch code names the distance (L1 of Hilbert envelopes, 10 Hz low-pass) and
        leaves the filter open; order, direction and ends are the choices above.
    """

    name = "envelope"

    def prepare(self, target: Target) -> PreparedEnvelope:
        """Keep the target's envelope; any length of target will do.

        Raises:
            ObjectiveError: The sample rate is too low to have a 10 Hz low-pass.
        """
        if target.sr <= 2 * CUTOFF:
            raise ObjectiveError(
                f"envelope needs a sample rate above {2 * CUTOFF:.0f} Hz, not {target.sr}: "
                "resample the target."
            )
        return PreparedEnvelope(envelope(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedEnvelope:
    """A target's envelope `[c, t]`."""

    target: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        return (envelope(candidates) - self.target).abs().flatten(1).mean(1)


def envelope(sounds: Spectra) -> Tensor:
    """Smoothed amplitude envelopes `[n, c, t]` of sounds `[n, c, t]`."""
    return low_pass(analytic_amplitude(sounds.audio), sounds.sr)


def analytic_amplitude(audio: Tensor) -> Tensor:
    """Magnitude of the analytic signal of audio `[n, c, t]`, same shape; its slope at 0 is 0."""
    return modulus(filter_spectrum(audio, _one_sided(audio.shape[-1], audio.dtype, audio.device)))


def low_pass(signal: Tensor, sr: int) -> Tensor:
    """A signal `[n, c, t]` at `sr` Hz, smoothed below 10 Hz with no delay; same shape."""
    n_fft: int = next_fast_len(signal.shape[-1] + int(np.ceil(_PADDING * sr)))
    return filter_spectrum(
        signal, _squared_butterworth(n_fft, sr, signal.dtype, signal.device)
    ).real


@lru_cache(maxsize=16)
def _one_sided(n_samples: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What makes a signal analytic, `[n_samples]`: no negative frequencies, positive ones twice.

    The frequencies that have no partner (0 Hz and, for an even length, half the sample rate) are
    kept as they are.
    """
    response = np.zeros(n_samples)
    response[0] = 1.0
    response[1 : (n_samples + 1) // 2] = 2.0
    if n_samples % 2 == 0:
        response[n_samples // 2] = 1.0
    return torch.from_numpy(response).to(dtype=dtype, device=device)


@lru_cache(maxsize=16)
def _squared_butterworth(n_fft: int, sr: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The filter run forwards and backwards: its squared magnitude response `[n_fft]`.

    Of `scipy.signal.butter(2, 10, fs=sr)`, whose bilinear transform maps a frequency `f` to
    `tan(pi f / sr)`.
    """
    frequency = np.fft.fftfreq(n_fft)
    warped = np.tan(np.pi * frequency) / np.tan(np.pi * CUTOFF / sr)
    return torch.from_numpy(1.0 / (1.0 + warped**4)).to(dtype=dtype, device=device)
