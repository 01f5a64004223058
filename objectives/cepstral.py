"""Distances between mel-frequency cepstral coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from objectives.decibels import power_to_db
from objectives.objective import target_spectra
from objectives.spectra import MelConfig, Spectra, STFTConfig
from objectives.target import Target

N_MFCC = 13
MFCC_MEL = MelConfig(
    STFTConfig(n_fft=2048, hop=1024, window_length=2048, pad_mode="constant"), n_mels=128
)


class MFCCMAE:
    """Mean absolute difference of 13 mel-frequency cepstral coefficients.

    The orthonormal DCT-II of 128 Slaney mel bands in dB (window 2048, hop 1024, floor 80 dB below
    the channel's own maximum), averaged over coefficients, frames and channels. In decibels, as
    the DCT's rows have unit norm. Equals the same with `librosa.feature.mfcc(n_mfcc=13,
    n_fft=2048, hop_length=1024)` taken channel by channel.

    Blind to phase, to fine spectral structure (13 coefficients see the envelope: harmonics closer
    than some twenty bands are one), so nearly blind to pitch, and to anything quicker than a
    frame. Level counts, through the first coefficient alone, which outweighs the others.

    Source:
        J. Shier, SpiegeLib, 2020; S. Davis and P. Mermelstein, 1980, for the coefficients.
    """

    name = "mfcc_mae"

    def prepare(self, target: Target) -> PreparedMFCCMAE:
        """Keep the target's coefficients; any length of target will do."""
        return PreparedMFCCMAE(mfcc(target_spectra(target))[0])


@dataclass(frozen=True, eq=False)
class PreparedMFCCMAE:
    """A target's coefficients `[c, frames, 13]`."""

    coefficients: Tensor

    def __call__(self, candidates: Spectra) -> Tensor:
        """Distances `[n]` of candidates `[n, c, t]`."""
        return (mfcc(candidates) - self.coefficients).abs().flatten(1).mean(1)


def mfcc(sounds: Spectra) -> Tensor:
    """Mel-frequency cepstral coefficients `[n, c, frames, 13]` of sounds `[n, c, t]`."""
    decibels = power_to_db(sounds.mel_power(MFCC_MEL), relative=False)
    return decibels @ dct_matrix(MFCC_MEL.n_mels, N_MFCC, decibels.dtype, decibels.device)


@lru_cache(maxsize=32)
def dct_matrix(
    n_inputs: int, n_coefficients: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """The first columns of the orthonormal DCT-II, `[n_inputs, n_coefficients]`, cached.

    Equals `scipy.fft.dct(x, type=2, norm="ortho")[:n_coefficients]` as `x @ matrix`.
    """
    sample = torch.arange(n_inputs, dtype=torch.float64)[:, None]
    coefficient = torch.arange(n_coefficients, dtype=torch.float64)
    matrix = torch.cos(torch.pi / n_inputs * (sample + 0.5) * coefficient)
    matrix *= (2.0 / n_inputs) ** 0.5
    matrix[:, 0] *= 0.5**0.5
    return matrix.to(dtype=dtype, device=device)
