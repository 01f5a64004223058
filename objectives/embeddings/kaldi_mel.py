"""The mel front end of the PaSST and EfficientAT families: Kaldi's bands, at 32 kHz."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

SAMPLE_RATE = 32_000
HOP = 320
N_MELS = 128

# One patch of PaSST's, 16 frames; the shortest moments of hear21passt are as long.
_LEAST_SAMPLES = 5120
_N_FFT = 1024
_WINDOW_LENGTH = 800
_PREEMPHASIS = 0.97
_TOP_HZ = 15_000.0
_LEAST_POWER = 1e-5
_OFFSET, _SCALE = 4.5, 5.0


def kaldi_log_mel(audio: Tensor) -> Tensor:
    """Log-mel spectrograms, scaled as the networks were trained with.

    `(log(power + 1e-5) + 4.5) / 5` in 128 bands, after a pre-emphasis `x[t + 1] - 0.97 x[t]`:
    symmetric Hann window of 25 ms in the middle of a 1024-point FFT, each 10 ms, the sound
    mirrored at its ends. Sounds shorter than 0.16 s are followed by silence.

    Args:
        audio: Samples `[n, t]` at 32 kHz, float32.

    Returns:
        `[n, 128, frames]`, of `1 + (t - 1) // 320` frames.

    Source:
        `AugmentMelSTFT` in kkoutini/passt_hear21 and fschmid56/EfficientAT, without augmentation.
    """
    audio = functional.pad(audio, (0, max(0, _LEAST_SAMPLES - audio.shape[-1])))
    emphasised = audio[:, 1:] - _PREEMPHASIS * audio[:, :-1]
    window = torch.hann_window(
        _WINDOW_LENGTH, periodic=False, dtype=audio.dtype, device=audio.device
    )
    spectrum = torch.stft(
        emphasised,
        _N_FFT,
        hop_length=HOP,
        win_length=_WINDOW_LENGTH,
        window=window,
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    power = torch.view_as_real(spectrum).square().sum(-1)
    mel = _bank(audio.dtype, audio.device) @ power
    return (torch.log(mel + _LEAST_POWER) + _OFFSET) / _SCALE


def kaldi_mel_filters(
    sr: int, n_fft: int, n_mels: int, top_hz: float = _TOP_HZ
) -> NDArray[np.float64]:
    """Triangles of height 1, drawn in mels rather than in Hz, from 0 Hz upwards.

    Args:
        sr: Sample rate in Hz.
        n_fft: FFT length in samples.
        n_mels: Number of bands.
        top_hz: Where the last triangle ends, in Hz.

    Returns:
        Weights `[n_mels, n_fft // 2 + 1]`; the last bin, half the sample rate, is in no band.

    Source:
        Kaldi's mel-computations.cc, by way of `get_mel_banks` in pytorch/audio.
    """
    bins = _mel(np.linspace(0.0, sr / 2, n_fft // 2 + 1))
    edges = np.linspace(0.0, float(_mel(np.array([top_hz]))[0]), n_mels + 2)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[:, -1] = 0.0
    return filters


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(hz / 700.0)


@lru_cache(maxsize=8)
def _bank(dtype: torch.dtype, device: torch.device) -> Tensor:
    filters = kaldi_mel_filters(SAMPLE_RATE, _N_FFT, N_MELS)
    return torch.from_numpy(filters).to(dtype=dtype, device=device)
