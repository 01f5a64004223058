"""Modulation spectra of mel bands."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.spectra import MelConfig, Spectra, STFTConfig
from patchwright.objectives.target import ObjectiveError

WINDOW, HOP = 0.025, 0.005
"""Window and hop of the envelopes in seconds."""

STRETCH = 1.0
"""Length of a frame in seconds."""

N_MELS = 32

CENTRES = 0.5 * 2.0 ** np.arange(8)
"""Centres of the modulation bands in Hz: octaves from 0.5 to 64."""

_RESOLUTION = 0.125
"""Frequency resolution in Hz, so that the lowest band contains bins even for short sounds."""

_MIN_POWER = 1e-8
"""Minimum power of a band in dB squared, so that the gradient of its root is finite."""


class Modulation:
    """Modulation spectrum of 32 mel bands.

        m_b = mean_j L_bj,   r_bq = sqrt(Σ_k w_q(f_k) 2 |FFT(L_b - m_b)|_k² / (J K))

    L_b is the power in Slaney mel band b in J frames, in dB (window 25 ms, hop 5 ms, silence
    around, each channel floored 80 dB below its maximum and at -100 dB); K is the length of the
    FFT. The vector holds the mean of each band and its root mean square in eight modulation bands
    q, triangles w_q over the logarithm of frequency, centred an octave apart from 0.5 to 64 Hz.
    Averaged over channels. In decibels: a tremolo of 6 dB up and down gives some 4 dB in the band
    of its rate. Level counts, through the means alone.

    Frames are the same vectors for stretches of one second that overlap by half or a little more;
    a shorter sound is a single stretch. Differentiable; sounds may have any length.

    Hears: tremolo, beating, repeated notes and attacks, and their rates.

    Blind to: timing and the order of events; phase; pitch within a mel band, so most melodies;
    changes slower than 0.25 Hz or faster than some 80 Hz; the channel of a sound; whatever is
    80 dB below the maximum.

    Source:
        T. Dau, B. Kollmeier and A. Kohlrausch, Modeling auditory processing of amplitude
        modulation, 1997, for bandwidths proportional to the rate; envelopes in dB, window and
        number of bands are the choices above.

    Examples:
        >>> time = torch.arange(22_050) / 22_050
        >>> tremolo = (1 + 0.5 * torch.sin(2 * torch.pi * 8 * time)) * torch.rand(22_050)
        >>> vector = Modulation().embed(Spectra(tremolo[None, None], sr=22_050))[0]
        >>> means, bands = vector[:32], vector[32:].reshape(32, 8)
        >>> int(CENTRES[bands.mean(0).argmax()])  # rate of the tremolo in Hz
        8
    """

    name = "modulation"

    def frames(self, sounds: Spectra) -> Tensor:
        """Embed stretches of sounds `[n, c, t]`: vectors `[n, stretches, 288]` in dB.

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
        """Embed sounds `[n, c, t]`: vectors `[n, 288]` in dB, 32 means, then 8 bands per mel band.

        Raises:
            ObjectiveError: The sample rate is below 200 Hz.
        """
        envelopes, rate = _envelopes(sounds)
        return _features(envelopes, rate)


def _envelopes(sounds: Spectra) -> tuple[Tensor, float]:
    """Return envelopes `[n, c, bands, frames]` in dB, and their sample rate in Hz."""
    hop = int(HOP * sounds.sr)
    if hop < 1:
        raise ObjectiveError(
            f"modulation needs a sample rate of at least {1 / HOP:.0f} Hz, not {sounds.sr}: "
            "resample the sound."
        )
    window = int(WINDOW * sounds.sr)
    # an even number of small factors: at 44.1 kHz, the window's 1102 samples take six times as long
    n_fft = 2 * next_fast_len((window + 1) // 2, real=True)
    mel = MelConfig(STFTConfig(n_fft, hop, window, pad_mode="constant"), N_MELS)
    decibels = power_to_db(sounds.mel_power(mel), relative=False)
    return decibels.transpose(-1, -2), sounds.sr / hop


def _features(envelopes: Tensor, rate: float) -> Tensor:
    """Compute features `[n, ..., 288]` of envelopes `[n, ..., c, bands, frames]`."""
    n_frames = envelopes.shape[-1]
    means = envelopes.mean(-1, keepdim=True)
    n_fft: int = next_fast_len(max(n_frames, round(rate / _RESOLUTION)), real=True)
    # real and imaginary parts separately, to square them without complex products
    parts = torch.view_as_real(torch.fft.rfft(envelopes - means, n=n_fft))
    power = parts.square().sum(-1) * (2.0 / (n_frames * n_fft))
    weights = _modulation_bands(n_fft, rate, power.dtype, power.device)
    modulation = (power @ weights).clamp(min=_MIN_POWER).sqrt()
    features = torch.cat((means.flatten(-2), modulation.flatten(-2)), dim=-1)
    return features.mean(-2)


@lru_cache(maxsize=16)
def _modulation_bands(n_fft: int, rate: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return triangles of an octave to either side, `[n_fft // 2 + 1, 8]`, that add up to 1."""
    frequency = np.fft.rfftfreq(n_fft, 1 / rate)[1:, None]
    triangles = np.maximum(0.0, 1.0 - np.abs(np.log2(frequency / CENTRES)))
    weights = np.concatenate((np.zeros((1, len(CENTRES))), triangles))
    return torch.from_numpy(weights).to(dtype=dtype, device=device)
