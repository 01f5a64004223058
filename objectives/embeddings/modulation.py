"""An embedding made by hand: how much each mel band goes up and down, and how quickly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError

WINDOW = 0.025
HOP = 0.005
STRETCH = 1.0
"""Seconds."""

N_MELS = 32

CENTRES = 0.5 * 2.0 ** np.arange(8)
"""Hz: octaves from 0.5 to 64, the centres of the modulation bands."""

_RESOLUTION = 0.125
"""Hz, at least: so that the lowest band holds bins, however short the sound is."""

_LEAST_POWER = 1e-8
"""Least power in a band before the root, in dB squared: the slope at rest is finite."""


class Modulation:
    """Modulation spectrum of 32 mel bands.

    The envelopes are power in 32 Slaney mel bands in dB (window 25 ms, hop 5 ms, silence around,
    each channel floored at 80 dB below its own maximum and at -100 dB). Of each, the mean; and,
    by the Fourier transform of what is left without it, the root mean square in eight bands of
    modulation an octave apart, 0.5 to 64 Hz, which are triangles over the logarithm of frequency.
    Averaged over channels. All in decibels: a tremolo of 6 dB up and down gives some 4 dB in the
    band of its rate. Level counts, through the means alone.

    The frames are the same of stretches of one second that overlap by half or a little more (a
    shorter sound is a single stretch). Differentiable; any length will do.

    Hears tremolo, beating, repeated notes and attacks, and which rates they have.

    Blind to when things happen and in what order, to phase, to pitch within a band (32 bands: to
    most melodies), to changes slower than 0.25 Hz or quicker than some 80 Hz, to which channel a
    sound is in, and to what is 80 dB below the maximum.

    Source:
        T. Dau, B. Kollmeier and A. Kohlrausch, Modeling auditory processing of amplitude
        modulation, 1997, for bands that are as wide as their rate is high; envelopes in dB,
        window and number of bands are the choices above.
    """

    name = "modulation"

    def frames(self, sounds: Spectra) -> Tensor:
        """Vectors `[n, stretches, 288]`, in dB, of stretches of sounds `[n, c, t]`.

        Raises:
            ObjectiveError: The sample rate is below 200 Hz.
        """
        envelopes, rate = _envelopes(sounds)
        n_frames = envelopes.shape[-1]
        length = min(n_frames, round(STRETCH * rate))
        n_stretches = 1 + -(-2 * (n_frames - length) // length)
        start = torch.linspace(0, n_frames - length, n_stretches).round().long()
        moments = (start[:, None] + torch.arange(length)).to(envelopes.device)
        return _features(envelopes[..., moments].movedim(-2, 1), rate)

    def embed(self, sounds: Spectra) -> Tensor:
        """Vectors `[n, 288]`, in dB: 32 means, then 8 modulation bands for each mel band.

        Raises:
            ObjectiveError: As `frames` raises it.
        """
        envelopes, rate = _envelopes(sounds)
        return _features(envelopes, rate)


def _envelopes(sounds: Spectra) -> tuple[Tensor, float]:
    """Envelopes `[n, c, bands, frames]` in dB, and how many frames a second has."""
    hop = int(HOP * sounds.sr)
    if hop < 1:
        raise ObjectiveError(
            f"modulation needs a sample rate of at least {1 / HOP:.0f} Hz, not {sounds.sr}: "
            "resample the target."
        )
    window = int(WINDOW * sounds.sr)
    # An even number of small factors: at 44.1 kHz the window's own 1102 take six times as long.
    n_fft = 2 * next_fast_len((window + 1) // 2, real=True)
    mel = MelConfig(STFTConfig(n_fft, hop, window, pad_mode="constant"), N_MELS)
    decibels = power_to_db(sounds.mel_power(mel), relative=False)
    return decibels.transpose(-1, -2), sounds.sr / hop


def _features(envelopes: Tensor, rate: float) -> Tensor:
    """Features `[n, ..., 288]` of envelopes `[n, ..., c, bands, frames]`."""
    n_frames = envelopes.shape[-1]
    means = envelopes.mean(-1, keepdim=True)
    n_fft: int = next_fast_len(max(n_frames, round(rate / _RESOLUTION)), real=True)
    # The parts apart: as complex numbers they would have to be multiplied to be squared.
    parts = torch.view_as_real(torch.fft.rfft(envelopes - means, n=n_fft))
    power = parts.square().sum(-1) * (2.0 / (n_frames * n_fft))
    weights = _modulation_bands(n_fft, rate, power.dtype, power.device)
    modulation = (power @ weights).clamp(min=_LEAST_POWER).sqrt()
    features = torch.cat((means.flatten(-2), modulation.flatten(-2)), dim=-1)
    return features.mean(-2)


@lru_cache(maxsize=16)
def _modulation_bands(n_fft: int, rate: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Triangles an octave to either side `[n_fft // 2 + 1, 8]`, which add up to 1 in between."""
    frequency = np.fft.rfftfreq(n_fft, 1 / rate)[1:, None]
    triangles = np.maximum(0.0, 1.0 - np.abs(np.log2(frequency / CENTRES)))
    weights = np.concatenate((np.zeros((1, len(CENTRES))), triangles))
    return torch.from_numpy(weights).to(dtype=dtype, device=device)
