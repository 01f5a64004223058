"""The mel front end of PaSST and EfficientAT: Kaldi's bands, at 32 kHz."""

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

# one patch of PaSST, 16 frames, which is also hear21passt's shortest input
_MIN_SAMPLES = 5120
_N_FFT = 1024
_WINDOW_LENGTH = 800
_PREEMPHASIS = 0.97
_TOP_HZ = 15_000.0
_MIN_POWER = 1e-5
_OFFSET, _SCALE = 4.5, 5.0


def kaldi_log_mel(audio: Tensor) -> Tensor:
    """Compute log mel spectrograms, scaled as in the training of the networks.

        L = (ln(M |STFT(x[t + 1] - 0.97 x[t])|² + 1e-5) + 4.5) / 5

    The transform has a symmetric Hann window of 25 ms, centred in a 1024-point FFT, a hop of 10 ms
    and mirrored ends; M are 128 bands from 0 to 15 kHz. Sounds shorter than 0.16 s are padded with
    silence.

    Args:
        audio: Samples `[n, t]` at 32 kHz, float32.

    Returns:
        Spectrograms `[n, 128, frames]`, with `1 + (t - 1) // 320` frames.

    Source:
        `AugmentMelSTFT` in kkoutini/passt_hear21 and fschmid56/EfficientAT, without augmentation.
    """
    audio = functional.pad(audio, (0, max(0, _MIN_SAMPLES - audio.shape[-1])))
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
    return (torch.log(mel + _MIN_POWER) + _OFFSET) / _SCALE


def kaldi_mel_filters(
    sr: int, n_fft: int, n_mels: int, top_hz: float = _TOP_HZ
) -> NDArray[np.float64]:
    """Build triangular filters of height 1, with straight edges in mels rather than Hz.

    mel(f) = 1127 ln(1 + f / 700).

    Args:
        sr: Sample rate in Hz.
        n_fft: FFT length in samples.
        n_mels: Number of bands.
        top_hz: Upper end of the last triangle in Hz; the first begins at 0 Hz.

    Returns:
        Weights `[n_mels, n_fft // 2 + 1]`; 0 in the last bin, at half the sample rate.

    Source:
        Kaldi's mel-computations.cc, through `get_mel_banks` in pytorch/audio.
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
