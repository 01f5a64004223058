"""Mel-frequency cepstral coefficients."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from patchwright.objectives.signal.decibels import power_to_db
from patchwright.objectives.signal.spectra import MelConfig, Spectra


def mfcc(sounds: Spectra, mel: MelConfig, n_coefficients: int) -> Tensor:
    """Compute mel-frequency cepstral coefficients.

    Args:
        sounds: Sounds `[n, c, t]`.
        mel: Mel spectrogram to use.
        n_coefficients: Number of coefficients, from the constant one.

    Returns:
        Coefficients in dB, `[n, c, frames, n_coefficients]`.
    """
    decibels = power_to_db(sounds.mel_power(mel), relative=False)
    return decibels @ dct_matrix(mel.n_mels, n_coefficients, decibels.dtype, decibels.device)


@lru_cache(maxsize=32)
def dct_matrix(
    n_inputs: int, n_coefficients: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return the first columns of the orthonormal DCT-II, `[n_inputs, n_coefficients]`; cached.

    Equals `scipy.fft.dct(x, type=2, norm="ortho")[:n_coefficients]` as `x @ matrix`.
    """
    sample = torch.arange(n_inputs, dtype=torch.float64)[:, None]
    coefficient = torch.arange(n_coefficients, dtype=torch.float64)
    matrix = torch.cos(torch.pi / n_inputs * (sample + 0.5) * coefficient)
    matrix *= (2.0 / n_inputs) ** 0.5
    matrix[:, 0] *= 0.5**0.5
    return matrix.to(dtype=dtype, device=device)
